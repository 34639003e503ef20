//! The Acme Lead Checker service.

pub mod store;
