//! The bell: says to the runner which of its lines may have something due, and when, after each commit that may have made it so.

use std::sync::Mutex;
use std::sync::PoisonError;

use alc_core::time::Timestamp;
use tokio::sync::{Notify, watch};

use crate::job::Line;

/// One for each line; rung by every commit, heard by this process's runner.
#[derive(Debug)]
pub struct Bells([Bell; 2]);

#[derive(Debug)]
pub struct Bell {
    notify: Notify,
    soonest: Mutex<Option<Timestamp>>,
    looked_at: watch::Sender<Timestamp>,
}

/// When the soonest of the jobs is due that a commit wrote, freed or moved, in each line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rung([Option<Timestamp>; 2]);

impl Rung {
    pub(super) fn add(&mut self, line: Line, due: Timestamp) {
        let soonest = &mut self.0[line as usize];
        *soonest = Some(soonest.map_or(due, |soonest| soonest.min(due)));
    }
}

impl Default for Bells {
    fn default() -> Self {
        let silent = |_| Bell {
            notify: Notify::new(),
            soonest: Mutex::default(),
            looked_at: watch::Sender::new(Timestamp::from_millis(0)),
        };
        Self(Line::ALL.map(silent))
    }
}

impl Bells {
    /// Until every line has looked at this time or later.
    pub async fn until_looked(&self, at: Timestamp) {
        for line in Line::ALL {
            // The sender lives as long as we do.
            let _ = self.of(line).looked_at.subscribe().wait_for(|looked_at| *looked_at >= at).await;
        }
    }

    pub fn of(&self, line: Line) -> &Bell {
        &self.0[line as usize]
    }

    /// Every line should look.
    pub fn ring_all(&self) {
        for line in Line::ALL {
            self.of(line).ring(Timestamp::from_millis(0));
        }
    }

    pub(super) fn ring(&self, rung: Rung) {
        for line in Line::ALL {
            if let Some(due) = rung.0[line as usize] {
                self.of(line).ring(due);
            }
        }
    }
}

impl Bell {
    fn ring(&self, due: Timestamp) {
        let mut soonest = self.soonest.lock().unwrap_or_else(PoisonError::into_inner);
        *soonest = Some(soonest.map_or(due, |soonest| soonest.min(due)));
        drop(soonest);
        self.notify.notify_one();
    }

    /// Until it is rung; at once if it was since the last time.
    pub async fn heard(&self) {
        self.notify.notified().await;
    }

    /// Everything that was due then has been started, or has to wait.
    pub fn looked(&self, at: Timestamp) {
        self.looked_at.send_replace(at);
    }

    /// When the soonest is due for which it was rung since the last time.
    pub fn take(&self) -> Option<Timestamp> {
        self.soonest.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
