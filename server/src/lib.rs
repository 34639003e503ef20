//! The Acme Lead Checker service.
