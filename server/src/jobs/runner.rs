//! The runner: claims what is due, runs it with bounded concurrency, brings back what failed.
//!
//! Deliveries have a budget of their own, so that hanging endpoints never keep an SMS waiting.

use std::collections::HashMap;

use alc_core::id::DeliveryId;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use alc_core::time::Timestamp;

use super::busy::{Answered, Busy};
use super::rounds::Rounds;
use super::{JobError, deliver_webhook, give_up, perform};
use crate::app::App;
use crate::job::Job;
use crate::store::claims::Visit;
use crate::store::deliveries::DueDelivery;
use crate::store::jobs::Claimed;
use crate::store::{StoreError, Tx};

/// Other replicas ring their own bells: look at least this often.
const LOOK_AGAIN_MS: i64 = 1_000;

/// Behind very many that are due, others are looked for with every so manieth claim: it costs more than to go on with the oldest.
const VISITS_SKIPPED: u8 = 3;

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
    busy: Busy,
    /// Where the next claim goes on when there are more systems than one visits: of deliveries, and of everything else.
    visited_to: [String; 2],
    visits_skipped: [u8; 2],
    rounds: Rounds,
    /// When the leases of what is running are renewed.
    renew_at: Timestamp,
}

impl Crew {
    fn new(app: App) -> Self {
        let (running, busy, rounds) = (JoinSet::new(), Busy::default(), Rounds::new());
        Self { renew_at: app.now(), app, running, busy, visited_to: Default::default(), visits_skipped: [0; 2], rounds }
    }

    /// Whether anything was started. What is running is kept before anything is claimed, or we might claim it ourselves.
    async fn look(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        if let Some(ended) = self.running.try_join_next_with_id() {
            self.ended(ended).await;
        }
        self.renew_leases(now).await?;
        self.rounds.plan(&self.app, now).await?;
        self.claim_and_start(now).await
    }

    async fn claim_and_start(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let mut there_is_more = false;
        for (kind, for_deliveries) in [false, true].into_iter().enumerate() {
            let room = self.busy.room(for_deliveries, &self.app.settings, now);
            if room.at_most == 0 {
                continue;
            }
            let (lease, lease_ms) = (self.app.door.unique(), self.app.settings.jobs.lease_ms);
            let visit = Visit {
                from: std::mem::take(&mut self.visited_to[kind]),
                may_wait: self.visits_skipped[kind] < VISITS_SKIPPED,
            };
            let claim = async move |tx: &mut Tx| tx.claim_jobs(&room, &visit, &lease, now, lease_ms).await;
            let claim = self.app.store.write(claim).await?;
            self.visited_to[kind] = claim.visited_to;
            self.visits_skipped[kind] = if claim.skipped_visit { self.visits_skipped[kind] + 1 } else { 0 };
            there_is_more |= claim.there_may_be_more;
            if for_deliveries {
                self.start_deliveries(claim.claimed, now).await;
            } else {
                for claimed in claim.claimed {
                    self.start(claimed, now, |app, job, _| async move { perform(&app, &job).await });
                }
            }
        }
        Ok(there_is_more)
    }

    /// What they need is read for all at once; where that fails, each tries for itself.
    async fn start_deliveries(&mut self, claimed: Vec<Claimed>, now: Timestamp) {
        if claimed.is_empty() {
            return;
        }
        let ids: Vec<DeliveryId> = claimed.iter().filter_map(|claimed| claimed.job.delivery().cloned()).collect();
        let due = self.app.store.read(async move |tx| tx.due_deliveries(&ids).await).await.unwrap_or_default();
        let mut due: HashMap<DeliveryId, DueDelivery> = due.into_iter().map(|due| (due.id.clone(), due)).collect();
        self.busy.meter(claimed.iter().map(|claimed| claimed.system.clone()), &self.app.settings, now);
        for claimed in claimed {
            let due = claimed.job.delivery().and_then(|id| due.remove(id));
            self.start(claimed, now, |app, job, answered| async move {
                deliver_webhook::perform(&app, &job, due, &answered).await
            });
        }
    }

    fn start<F: Future<Output = Result<(), JobError>> + Send + 'static>(
        &mut self,
        claimed: Claimed,
        now: Timestamp,
        work: impl FnOnce(App, Claimed, Answered) -> F,
    ) {
        let (app, answered) = (self.app.clone(), Answered::default());
        let span = tracing::info_span!("job", id = %claimed.id, kind = claimed.job.kind(), trace = %claimed.trace);
        let work = work(app.clone(), claimed.clone(), answered.clone());
        let job = claimed.clone();
        let work = async move {
            if let Err(JobError::Retry(error)) = work.await {
                bring_back(&app, &job, &error).await;
            }
        };
        let handle = self.running.spawn(tracing::Instrument::instrument(work, span));
        self.busy.begin(handle.id(), claimed, answered, now);
    }

    /// Notes that a job ended, and every other that did meanwhile: one claim then fills all the room there is.
    async fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let mut next = Some(ended);
        let now = self.app.now();
        while let Some(ended) = next {
            match ended {
                Ok((id, ())) => {
                    self.busy.end(id, now, &self.app.settings);
                }
                Err(error) => {
                    if let Some(claimed) = self.busy.end(error.id(), now, &self.app.settings) {
                        tracing::error!(job = %claimed.id, kind = claimed.job.kind(), "a job panicked");
                        bring_back(&self.app, &claimed, "the job panicked").await;
                    }
                }
            }
            next = self.running.try_join_next_with_id();
        }
        self.app.job_ended.notify_waiters();
    }

    async fn next_look(&self, now: Timestamp) -> Timestamp {
        let at_latest = now.plus_millis(LOOK_AGAIN_MS).min(self.renew_at);
        let at_latest = self.busy.room_changes_at(&self.app.settings, now).map_or(at_latest, |at| at.min(at_latest));
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
        let running: Vec<Claimed> = self.busy.claimed().cloned().collect();
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
