//! Connectors speak to other systems. Everything that leaves this process over HTTP goes through [`http::Outbound`].

pub mod address;
pub mod attio;
pub mod causes;
pub mod endpoint;
pub mod http;
pub mod redis;
pub mod sandbox;
pub mod sms;
pub mod twilio;
