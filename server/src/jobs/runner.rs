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
use crate::job::{Job, Line};
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
    tokio::join!(run_line(&app, Line::Others, &stop), run_line(&app, Line::Deliveries, &stop));
}

async fn run_line(app: &App, line: Line, stop: &CancellationToken) {
    let mut crew = Crew::new(app.clone(), line);
    let bell = app.store.bells().of(line);
    while !stop.is_cancelled() {
        // Read before anything is claimed: what falls due while we look lies ahead of this moment, and is not overlooked.
        let now = crew.app.now();
        let look_again = match crew.look(now).await {
            // More may be waiting behind what was claimed.
            Ok(true) => continue,
            Ok(false) => {
                bell.looked(now);
                crew.next_look(now).await
            }
            Err(error) => {
                tracing::error!(%error, "cannot claim jobs");
                now.plus_millis(STORE_PAUSE_MS)
            }
        };
        loop {
            tokio::select! {
                () = bell.heard() => break,
                () = crew.app.door.sleep_until(look_again) => break,
                Some(ended) = crew.running.join_next_with_id() => {
                    crew.ended(ended).await;
                    // Who ends makes room, but perhaps nobody waits for it.
                    if crew.left_some {
                        break;
                    }
                }
                () = stop.cancelled() => break,
            }
        }
    }
    crew.go_home().await;
}

/// Those who do the jobs of a line.
struct Crew {
    app: App,
    line: Line,
    running: JoinSet<()>,
    busy: Busy,
    /// Where the next claim goes on when there are more systems than one visits.
    visited_to: String,
    visits_skipped: u8,
    /// Something is due that had to be left when we looked.
    left_some: bool,
    rounds: Rounds,
    /// When the leases of what is running are renewed.
    renew_at: Timestamp,
    /// When the next job is due that was not when we looked, as far as we have heard.
    next_due: Option<Timestamp>,
    /// When the store is asked for that again, whatever we have heard: others write jobs too.
    ask_at: Timestamp,
}

impl Crew {
    fn new(app: App, line: Line) -> Self {
        let (running, busy, rounds, now) = (JoinSet::new(), Busy::new(line), Rounds::new(), app.now());
        let (visited_to, visits_skipped, next_due) = (String::new(), 0, None);
        let (left_some, renew_at, ask_at) = (false, now, now);
        Self { app, line, running, busy, visited_to, visits_skipped, left_some, rounds, renew_at, next_due, ask_at }
    }

    /// Whether more may be waiting. What is running is kept before anything is claimed, or we might claim it ourselves.
    async fn look(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        if let Some(ended) = self.running.try_join_next_with_id() {
            self.ended(ended).await;
        }
        self.renew_leases(now).await?;
        if self.line == Line::Others {
            self.rounds.plan(&self.app, now).await?;
        }
        self.claim_and_start(now).await
    }

    async fn claim_and_start(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let room = self.busy.room(&self.app.settings, now);
        if room.at_most == 0 {
            self.left_some = true;
            return Ok(false);
        }
        self.hear(now);
        let (lease, lease_ms) = (self.app.door.unique(), self.app.settings.jobs.lease_ms);
        let visit =
            Visit { from: std::mem::take(&mut self.visited_to), may_wait: self.visits_skipped < VISITS_SKIPPED };
        let claim = async move |tx: &mut Tx| tx.claim_jobs(&room, &visit, &lease, now, lease_ms).await;
        let claim = self.app.store.claim(claim).await?;
        self.left_some = claim.left_some;
        self.visited_to = claim.visited_to;
        self.visits_skipped = if claim.skipped_visit { self.visits_skipped + 1 } else { 0 };
        match self.line {
            Line::Deliveries => self.start_deliveries(claim.claimed, now).await,
            Line::Others => {
                for claimed in claim.claimed {
                    self.start(claimed, now, |app, job, _| async move { perform(&app, &job).await });
                }
            }
        }
        Ok(claim.there_may_be_more)
    }

    /// What the bell was rung for: what is due is looked for now, the rest later.
    fn hear(&mut self, now: Timestamp) {
        let heard = self.app.store.bells().of(self.line).take().filter(|due| *due > now);
        self.next_due = [self.next_due, heard].into_iter().flatten().min();
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

    async fn next_look(&mut self, now: Timestamp) -> Timestamp {
        if now >= self.ask_at || self.next_due.is_some_and(|due| due <= now) {
            let line = self.line;
            match self.app.store.read(async move |tx| tx.next_job_at(line, now).await).await {
                Ok(next) => (self.next_due, self.ask_at) = (next, now.plus_millis(LOOK_AGAIN_MS)),
                Err(_) => return now.plus_millis(STORE_PAUSE_MS),
            }
        }
        let at_latest = self.ask_at.min(self.renew_at);
        let room_changes_at = self.busy.room_changes_at(&self.app.settings, now);
        [self.next_due, room_changes_at].into_iter().flatten().fold(at_latest, Timestamp::min)
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
