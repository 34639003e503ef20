//! What is under way, and how much more there is room for: over all, in a workspace, in a system; and how often an endpoint may be
//! called.
//!
//! A request that waits long for its answer costs us a socket and little else, so it gives its place among the others back and
//! counts among the slow ones; so does from the start whatever else goes to an endpoint that is slow. That way endpoints that hang
//! keep nobody waiting, however many they are.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::Id;

use alc_core::time::Timestamp;

use crate::job::Line;
use crate::settings::Settings;
use crate::store::claims::{Room, SystemRoom};
use crate::store::jobs::Claimed;

pub struct Busy {
    line: Line,
    jobs: HashMap<Id, UnderWay>,
    /// Endpoints that keep us waiting.
    slow: HashSet<String>,
    rates: HashMap<String, Rate>,
}

struct UnderWay {
    claimed: Claimed,
    since: Timestamp,
    /// It goes to an endpoint that was slow when it began.
    began_slow: bool,
    answered: Answered,
}

/// Set when the other side has answered; what is left to do then is ours.
#[derive(Clone, Default)]
pub struct Answered(Arc<AtomicBool>);

impl Answered {
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often an endpoint may be called: what it did not use within a second is forgone.
struct Rate {
    left: f64,
    at: Timestamp,
}

impl Busy {
    pub fn new(line: Line) -> Self {
        Self { line, jobs: HashMap::new(), slow: HashSet::new(), rates: HashMap::new() }
    }

    pub fn begin(&mut self, id: Id, claimed: Claimed, answered: Answered, now: Timestamp) {
        if let Some(rate) = self.rates.get_mut(&claimed.system) {
            rate.left -= 1.0;
        }
        let began_slow = self.slow.contains(&claimed.system);
        self.jobs.insert(id, UnderWay { claimed, since: now, began_slow, answered });
    }

    pub fn end(&mut self, id: Id, now: Timestamp, settings: &Settings) -> Option<Claimed> {
        let ended = self.jobs.remove(&id)?;
        if ended.began_slow && now.since(ended.since) < settings.webhooks.slow_after_ms {
            self.slow.remove(&ended.claimed.system);
        }
        Some(ended.claimed)
    }

    pub fn claimed(&self) -> impl Iterator<Item = &Claimed> {
        self.jobs.values().map(|job| &job.claimed)
    }

    /// What a claim can take now.
    pub fn room(&mut self, settings: &Settings, now: Timestamp) -> Room {
        let (jobs, webhooks) = (&settings.jobs, &settings.webhooks);
        if self.line == Line::Others {
            let mut room = Room {
                at_most: jobs.in_flight,
                per_system: jobs.in_flight_per_system,
                per_workspace: usize::MAX,
                ..Room::of(self.line)
            };
            self.jobs.values().for_each(|job| occupy(&mut room, job, false));
            return room;
        }
        self.note_slow(webhooks.slow_after_ms, now);
        self.refill(webhooks.requests_per_second, now);
        let mut room = Room {
            at_most: webhooks.in_flight,
            slow_at_most: webhooks.slow_in_flight,
            per_system: webhooks.in_flight_per_webhook,
            per_workspace: webhooks.in_flight_per_workspace,
            ..Room::of(self.line)
        };
        if webhooks.requests_per_second > 0.0 {
            // What rested has no more than a second's worth either.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
            let full = webhooks.requests_per_second.max(1.0) as usize;
            room.per_system = room.per_system.min(full);
        }
        for system in &self.slow {
            room.systems.insert(system.clone(), SystemRoom { left: room.per_system, is_slow: true });
        }
        for job in self.jobs.values() {
            let is_slow = job.began_slow || job.is_slow(webhooks.slow_after_ms, now);
            occupy(&mut room, job, is_slow);
        }
        for (system, rate) in &self.rates {
            let fresh = SystemRoom { left: room.per_system, is_slow: false };
            let system = room.systems.entry(system.clone()).or_insert(fresh);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
            let allowed = rate.left.max(0.0) as usize;
            system.left = system.left.min(allowed);
        }
        room
    }

    /// When there is room again without anything ending: a request becomes slow, or an endpoint may be called again.
    pub fn room_changes_at(&self, settings: &Settings, now: Timestamp) -> Option<Timestamp> {
        if self.line == Line::Others {
            return None;
        }
        let webhooks = &settings.webhooks;
        let waiting = self.jobs.values().filter(|job| !job.began_slow && !job.answered.get());
        let slow = waiting.map(|job| job.since.plus_millis(webhooks.slow_after_ms)).filter(|at| *at > now);
        let spent = self.rates.values().filter(|rate| rate.left < 1.0);
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds within a second")]
        let called_again = spent
            .map(|rate| now.plus_millis((1_000.0 * (1.0 - rate.left) / webhooks.requests_per_second).ceil() as i64));
        slow.chain(called_again).min()
    }

    /// What is to be called gets its books before it is called.
    pub fn meter(&mut self, systems: impl Iterator<Item = String>, settings: &Settings, now: Timestamp) {
        let per_second = settings.webhooks.requests_per_second;
        if per_second > 0.0 {
            for system in systems {
                self.rates.entry(system).or_insert(Rate { left: per_second.max(1.0), at: now });
            }
        }
    }

    fn note_slow(&mut self, slow_after_ms: i64, now: Timestamp) {
        let slow = self.jobs.values().filter(|job| job.is_slow(slow_after_ms, now));
        let slow: Vec<_> = slow.map(|job| job.claimed.system.clone()).collect();
        self.slow.extend(slow);
    }

    fn refill(&mut self, per_second: f64, now: Timestamp) {
        let full = per_second.max(1.0);
        for rate in self.rates.values_mut() {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds since the last look")]
            let passed = now.since(rate.at).max(0) as f64;
            rate.left = (rate.left + passed * per_second / 1_000.0).min(full);
            rate.at = now;
        }
        self.rates.retain(|_, rate| rate.left < full);
    }
}

impl UnderWay {
    fn is_slow(&self, slow_after_ms: i64, now: Timestamp) -> bool {
        !self.answered.get() && now.since(self.since) >= slow_after_ms
    }
}

fn occupy(room: &mut Room, job: &UnderWay, is_slow: bool) {
    let fresh = SystemRoom { left: room.per_system, is_slow };
    let system = room.systems.entry(job.claimed.system.clone()).or_insert(fresh);
    system.left = system.left.saturating_sub(1);
    if is_slow && room.slow_at_most > 0 {
        room.slow_at_most -= 1;
        return;
    }
    room.at_most = room.at_most.saturating_sub(1);
    *room.workspaces.entry(job.claimed.workspace.clone()).or_default() += 1;
}
