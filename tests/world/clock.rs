//! What time it is in the world. Stories pass a clock they can move, so that a local system and the service agree on the time.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// A source of the present moment, cheap to clone; clones read the same source.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock, for systems started by hand.
    pub fn system() -> Self {
        Self(Arc::new(system_time))
    }

    /// Reads the time from whatever the story moves.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// A clock that stands still until the returned [`Hands`] move it.
    pub fn standing_at(start: Timestamp) -> (Self, Hands) {
        let time = Arc::new(Mutex::new(start));
        let hands = Hands(Arc::clone(&time));
        (Self::from_fn(move || *time.lock().unwrap_or_else(PoisonError::into_inner)), hands)
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// Moves a clock made by [`Clock::standing_at`].
#[derive(Clone, Debug)]
pub struct Hands(Arc<Mutex<Timestamp>>);

impl Hands {
    pub fn advance(&self, by: jiff::SignedDuration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

#[expect(clippy::disallowed_methods, reason = "the one reader of the machine's clock among the local systems")]
fn system_time() -> Timestamp {
    Timestamp::now()
}
