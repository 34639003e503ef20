//! The Acme Lead Checker service: http listens · store remembers · jobs act later · connectors speak to other systems.

pub mod app;
pub mod connectors;
pub mod door;
pub mod http;
pub mod settings;
pub mod store;
