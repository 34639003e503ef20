//! Attio's limits: so many reads and so many writes in a second. Off unless asked for, because a story that moves no clock would
//! stand still at them.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::Method;
use jiff::Timestamp;

use super::time::next_second;

/// Requests of one second of the clock; more are refused until the next begins.
#[derive(Clone, Copy, Debug)]
pub struct RateLimits {
    pub reads_per_second: u32,
    pub writes_per_second: u32,
}

impl RateLimits {
    /// What Attio publishes.
    pub const PUBLISHED: Self = Self { reads_per_second: 100, writes_per_second: 25 };
}

#[derive(Clone, Debug)]
pub(crate) struct Meter {
    limits: Option<RateLimits>,
    spent: Arc<Mutex<Spent>>,
}

#[derive(Debug, Default)]
struct Spent {
    second: i64,
    reads: u32,
    writes: u32,
}

impl Meter {
    pub(crate) fn new(limits: Option<RateLimits>) -> Self {
        Self { limits, spent: Arc::default() }
    }

    /// Counts a request, or says when to come back.
    pub(crate) fn admit(&self, method: &Method, path: &str, now: Timestamp) -> Result<(), Timestamp> {
        let Some(limits) = self.limits else { return Ok(()) };
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.second != now.as_second() {
            *spent = Spent { second: now.as_second(), ..Spent::default() };
        }
        // A query is sent with POST and yet only reads.
        let is_read = method == Method::GET || path.ends_with("/query") || path.ends_with("/search");
        let (count, limit) = if is_read {
            (&mut spent.reads, limits.reads_per_second)
        } else {
            (&mut spent.writes, limits.writes_per_second)
        };
        if *count >= limit {
            return Err(next_second(now));
        }
        *count += 1;
        Ok(())
    }
}
