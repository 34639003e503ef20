//! The Acme Lead Checker service: http listens · store remembers · jobs act later · connectors speak to other systems.

pub mod app;
pub mod conduct;
pub mod connections;
pub mod connectors;
pub mod door;
pub mod event;
pub mod fail_point;
pub mod http;
pub mod inbound;
pub mod job;
pub mod jobs;
pub mod logging;
pub mod moves;
pub mod notices;
pub mod open;
pub mod operator;
pub mod password;
pub mod serve;
pub mod settings;
pub mod store;
pub mod workspaces;
