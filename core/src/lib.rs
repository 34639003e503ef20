//! The rules of Acme Lead Checker.
