//! The bell: says to the runner which of its lines may have something due, and when, after each commit that may have made it so.

use std::sync::Mutex;
use std::sync::PoisonError;

use alc_core::time::Timestamp;
use tokio::sync::Notify;

use crate::job::Line;

/// One for each line; rung by every commit, heard by this process's runner.
#[derive(Debug, Default)]
pub struct Bells([Bell; 2]);

#[derive(Debug, Default)]
pub struct Bell {
    notify: Notify,
    soonest: Mutex<Option<Timestamp>>,
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

impl Bells {
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

    /// When the soonest is due for which it was rung since the last time.
    pub fn take(&self) -> Option<Timestamp> {
        self.soonest.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
