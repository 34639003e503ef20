//! The time of a story: it stands still until the story moves it.

use std::pin::Pin;
use std::time::Duration;

use alc_core::time::Timestamp;
use alc_server::door::{Clock, SystemClock};
use tokio::sync::watch;

/// Starts at the real time, so that systems outside (the app verifies signatures by its own clock) agree with it.
#[derive(Clone)]
pub struct StoryClock {
    now: watch::Sender<Timestamp>,
}

impl StoryClock {
    pub fn start() -> Self {
        Self { now: watch::Sender::new(SystemClock.now()) }
    }

    /// The same time, for the local systems.
    pub fn of_the_world(&self) -> alc_tests::clock::Clock {
        let clock = self.clone();
        alc_tests::clock::Clock::from_fn(move || {
            jiff::Timestamp::from_millisecond(clock.now().as_millis()).expect("stories happen in our time")
        })
    }

    /// It is no earlier than in the world of processes, whose clock does not stand still.
    pub fn catch_up(&self) {
        let real = SystemClock.now();
        self.now.send_modify(|now| *now = real.max(*now));
    }

    /// Whatever waits for a moment in between wakes up.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).expect("stories are not that long");
        self.now.send_modify(|now| *now = now.plus_millis(by));
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // Fails only when the clock is gone, and the story with it.
            let _ = now.wait_for(|now| *now >= at).await;
        })
    }
}
