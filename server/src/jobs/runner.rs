//! The runner: claims what is due, runs it with bounded concurrency, brings back what failed.
//!
//! Deliveries have a budget of their own, so that hanging endpoints never keep an SMS waiting.

use std::collections::HashMap;

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use alc_core::time::Timestamp;

use super::rounds::Rounds;
use super::{JobError, give_up, perform};
use crate::app::App;
use crate::job::{Job, WEBHOOK_SYSTEM};
use crate::store::StoreError;
use crate::store::jobs::{Claim, Claimed};

/// Other replicas ring their own bells: look at least this often.
const LOOK_AGAIN_MS: i64 = 1_000;

/// When the store is unavailable, ask again after this long.
const STORE_PAUSE_MS: i64 = 500;

/// Runs jobs until `stop`, then lets what is under way end.
pub async fn run(app: App, stop: CancellationToken) {
    let mut crew = Crew::new(app);
    while !stop.is_cancelled() {
        // Read before anything is claimed: what falls due while we look lies ahead of this moment, and is not overlooked.
        let now = crew.app.now();
        let look_again = match crew.look(now).await {
            // More may be waiting behind what was claimed.
            Ok(true) => continue,
            Ok(false) => {
                crew.app.looked_at.send_replace(now);
                crew.next_look(now).await
            }
            Err(error) => {
                tracing::error!(%error, "cannot claim jobs");
                now.plus_millis(STORE_PAUSE_MS)
            }
        };
        tokio::select! {
            () = crew.app.store.bell().notified() => {}
            () = crew.app.door.sleep_until(look_again) => {}
            Some(ended) = crew.running.join_next_with_id() => crew.ended(ended).await,
            () = stop.cancelled() => {}
        }
    }
    crew.go_home().await;
}

struct Crew {
    app: App,
    running: JoinSet<()>,
    jobs: HashMap<Id, Claimed>,
    rounds: Rounds,
    /// When the leases of what is running are renewed.
    renew_at: Timestamp,
}

impl Crew {
    fn new(app: App) -> Self {
        Self { renew_at: app.now(), app, running: JoinSet::new(), jobs: HashMap::new(), rounds: Rounds::new() }
    }

    /// Whether anything was started. What is running is kept before anything is claimed, or we might claim it ourselves.
    async fn look(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        self.renew_leases(now).await?;
        self.rounds.plan(&self.app, now).await?;
        self.claim_and_start(now).await
    }

    async fn claim_and_start(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let (jobs, webhooks) = (&self.app.settings.jobs, &self.app.settings.webhooks);
        let budgets = [
            (false, jobs.in_flight, jobs.in_flight_per_system),
            (true, webhooks.in_flight, webhooks.in_flight_per_webhook),
        ];
        let mut started = false;
        for (deliveries, in_flight, per_system) in budgets {
            let busy = self.jobs.values().filter(|job| job.system.starts_with(WEBHOOK_SYSTEM) == deliveries).count();
            if busy >= in_flight {
                continue;
            }
            let claim = Claim {
                prefix: WEBHOOK_SYSTEM,
                wanted: deliveries,
                full: self.full_systems(per_system),
                at_most: in_flight - busy,
                // A system not listed as full has at least half its room left.
                per_system: per_system.div_ceil(2),
                lease_ms: self.app.settings.jobs.lease_ms,
            };
            let lease = self.app.door.unique();
            for claimed in self.app.store.write(async move |tx| tx.claim_jobs(&claim, &lease, now).await).await? {
                started = true;
                self.start(claimed);
            }
        }
        Ok(started)
    }

    fn start(&mut self, claimed: Claimed) {
        let (app, job) = (self.app.clone(), claimed.clone());
        let span = tracing::info_span!("job", id = %claimed.id, kind = claimed.job.kind(), trace = %claimed.trace);
        let handle =
            self.running.spawn(tracing::Instrument::instrument(async move { run_one(&app, &job).await }, span));
        self.jobs.insert(handle.id(), claimed);
    }

    /// Notes that a job ended, and every other that did meanwhile: one claim then fills all the room there is.
    async fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let mut next = Some(ended);
        while let Some(ended) = next {
            match ended {
                Ok((id, ())) => {
                    self.jobs.remove(&id);
                }
                Err(error) => {
                    if let Some(claimed) = self.jobs.remove(&error.id()) {
                        tracing::error!(job = %claimed.id, kind = claimed.job.kind(), "a job panicked");
                        bring_back(&self.app, &claimed, "the job panicked").await;
                    }
                }
            }
            next = self.running.try_join_next_with_id();
        }
        self.app.job_ended.notify_waiters();
    }

    fn full_systems(&self, per_system: usize) -> String {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for claimed in self.jobs.values() {
            *counts.entry(&claimed.system).or_default() += 1;
        }
        let full = counts.into_iter().filter(|(_, busy)| busy + per_system.div_ceil(2) > per_system);
        full.flat_map(|(system, _)| ["|", system, "|"]).collect()
    }

    async fn next_look(&self, now: Timestamp) -> Timestamp {
        let at_latest = now.plus_millis(LOOK_AGAIN_MS).min(self.renew_at);
        match self.app.store.read(async move |tx| tx.next_job_at(now).await).await {
            Ok(next) => next.map_or(at_latest, |next| next.min(at_latest)),
            Err(_) => now.plus_millis(STORE_PAUSE_MS),
        }
    }

    /// Says that we are alive and at work: a replica that dies says no more, and others take over what it had.
    async fn renew_leases(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if now < self.renew_at {
            return Ok(());
        }
        let lease_ms = self.app.settings.jobs.lease_ms;
        let running: Vec<Claimed> = self.jobs.values().cloned().collect();
        if !running.is_empty() {
            let until = now.plus_millis(lease_ms);
            self.app.store.write(async move |tx| tx.renew_leases(&running, until).await).await?;
        }
        self.renew_at = now.plus_millis(lease_ms / 3);
        Ok(())
    }

    /// Lets what is under way end.
    async fn go_home(mut self) {
        loop {
            tokio::select! {
                ended = self.running.join_next_with_id() => match ended {
                    Some(ended) => self.ended(ended).await,
                    None => return,
                },
                () = self.app.door.sleep_until(self.renew_at) => {
                    let now = self.app.now();
                    if let Err(error) = self.renew_leases(now).await {
                        tracing::error!(%error, "cannot renew leases");
                        self.renew_at = now.plus_millis(STORE_PAUSE_MS);
                    }
                }
            }
        }
    }
}

async fn run_one(app: &App, claimed: &Claimed) {
    match perform(app, claimed).await {
        Ok(()) => {}
        Err(JobError::Retry(error)) => bring_back(app, claimed, &error).await,
    }
}

async fn bring_back(app: &App, claimed: &Claimed, error: &str) {
    let failures = claimed.failures + 1;
    let schedule = match claimed.job {
        // What a stranger told us, or is told, outlives a day of trouble on the other side.
        Job::DeliverWebhook { .. } | Job::WriteRecord { .. } => app.settings.webhooks.schedule(),
        _ => app.settings.jobs.schedule(),
    };
    let Some(wait) = schedule.next_delay(failures, app.door.jitter()) else {
        return bury(app, claimed, error).await;
    };
    tracing::warn!(failures, wait_ms = wait, error, "job failed and comes back");
    let (claimed, run_at, error) = (claimed.clone(), app.now().plus_millis(wait), error.to_owned());
    if let Err(error) = app.store.write(async move |tx| tx.retry_job(&claimed, run_at, &error).await).await {
        // Its lease ends, and another claim finds it.
        tracing::error!(%error, "cannot bring the job back");
    }
}

async fn bury(app: &App, claimed: &Claimed, error: &str) {
    tracing::error!(failures = claimed.failures + 1, error, "job gave up and is kept as a dead letter");
    if let Err(error) = give_up(app, claimed, error).await {
        tracing::error!(%error, "cannot bury the job");
    }
}
