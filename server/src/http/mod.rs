//! http listens: routes, who may call them, and what is answered.

pub mod body;
pub mod caller;
pub mod problem;
