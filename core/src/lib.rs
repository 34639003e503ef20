//! The rules of Acme Lead Checker.
//!
//! This crate decides and never acts: no I/O, no clock, no randomness. Times, ids and secrets come in as arguments and
//! verdicts go out as values. The service calls it natively and the Attio app calls the same code as WebAssembly, so
//! both sides give the same answer.
//!
//! Follow one lead: [`lead`] checks and accepts it, [`conversation`] talks with it (minding [`consent`] and the [`hours`], reading
//! replies with [`qualifier`]), its [`stage`](lead::Stage) moves on, each move announces a [`callback`], which is
//! [signed](signature), retried on a [schedule](retry) and written to the [`record`].

pub mod callback;
#[cfg(feature = "conversation")]
pub mod campaign;
#[cfg(feature = "conversation")]
pub mod consent;
#[cfg(feature = "conversation")]
pub mod conversation;
pub mod hours;
pub mod id;
pub mod incoming;
pub mod lead;
pub mod outcome;
#[cfg(feature = "conversation")]
mod pattern;
#[cfg(feature = "phones")]
pub mod phone;
#[cfg(feature = "conversation")]
mod phrasebook;
#[cfg(feature = "conversation")]
pub mod qualifier;
pub mod record;
pub mod retry;
pub mod segments;
#[cfg(feature = "conversation")]
mod sentences;
pub mod signature;
#[cfg(feature = "conversation")]
mod slip;
pub mod time;
#[cfg(feature = "conversation")]
mod words;
