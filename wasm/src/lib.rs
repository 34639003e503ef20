//! `alc-core` for JavaScript: the Attio app calls the very rules the service runs.
//!
//! JavaScript values come in, go to the core as its own types, and verdicts go back as JavaScript values; nothing is
//! decided here. `cargo xtask app` builds this crate twice, once per part: [`rules`] is small and always loaded,
//! `phones` carries the numbering plans and is loaded by code that sends a lead.
//!
//! No 64-bit integer crosses the boundary: the JavaScript fallback of `rules` has none.

mod boundary;
#[cfg(feature = "phones")]
pub mod phones;
#[cfg(feature = "rules")]
pub mod rules;
