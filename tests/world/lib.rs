//! The world around the service, made local: an Attio workspace full of people ([`attio`]) and an SMS gateway with a phone
//! for every number ([`sms`]). Stories start them in this process and ask their handles what happened; `emulate` starts the
//! same routers by hand. Both speak HTTP as the real systems do, keep everything in memory, and fail on demand ([`faults`]).

pub mod attio;
pub mod browser;
pub mod clock;
pub mod faults;
pub mod people;
pub mod requests;
pub mod serve;
pub mod sms;
