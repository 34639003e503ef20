//! Tells one webhook about one event: signs, posts, and writes the try into the log in the commit that ends or repeats it.

use std::time::Duration;

use alc_core::id::DeliveryId;
use alc_core::time::Timestamp;

use super::busy::Answered;
use super::{JobError, cause};
use crate::app::App;
use crate::connectors::endpoint::{self, Callback};
use crate::fail_point::FailPoint;
use crate::notices;
use crate::store::deliveries::{Attempt, DeliveryState, DueDelivery, Failing, Target};
use crate::store::endings::{Ending, NextTry};
use crate::store::jobs::Claimed;
use crate::store::webhooks::DisabledReason;

/// `due`: what the delivery needs, where that was read for many at once. `answered` is set when the endpoint has.
pub async fn perform(
    app: &App,
    claimed: &Claimed,
    due: Option<DueDelivery>,
    answered: &Answered,
) -> Result<(), JobError> {
    let Some(delivery) = claimed.job.delivery() else { return Ok(()) };
    let due = match due {
        Some(due) => Some(due),
        None => {
            let id = delivery.clone();
            app.store.read(async move |tx| tx.due_deliveries(std::slice::from_ref(&id)).await).await?.pop()
        }
    };
    let due = due.filter(|due| due.is_pending);
    let Some((due, target)) = due.and_then(|mut due| due.target.take().map(|target| (due, target))) else {
        // Delivered before, or nobody left to tell.
        return end(app, claimed, delivery, None, NextTry::Over(DeliveryState::Dropped)).await;
    };
    // A test is for seeing whether callbacks arrive, and so for finding out whether to enable again.
    if target.is_disabled && !due.is_test() {
        return end(app, claimed, delivery, None, NextTry::Over(DeliveryState::Failed)).await;
    }

    let (attempt, wait_ms) = call(app, &due, &target).await;
    answered.set();
    let now = app.now();
    let failing = (!due.is_test() && !is_success(&attempt)).then(|| fails_now(app, target.failing, now));
    let next = decide(app, claimed, &due, failing, &attempt, wait_ms);
    tracing::info!(
        delivery = %due.id, webhook = %due.webhook, event = %due.event, attempt = due.attempts + 1,
        state = next.state().as_str(), status = attempt.status, error = attempt.error, latency_ms = attempt.latency_ms,
        "webhook called"
    );
    let error = || attempt.error.clone().unwrap_or_else(|| format!("answered {}", attempt.status.unwrap_or(0)));
    let turn = if due.is_test() { Turn::Nothing } else { turn(app, target.failing, failing) };
    let next_try = match next {
        Next::Delivered => NextTry::Over(DeliveryState::Delivered),
        Next::Again { wait_ms } => NextTry::At(now.plus_millis(wait_ms), error()),
        Next::Never { .. } if due.is_test() => NextTry::Over(DeliveryState::Failed),
        Next::Never { disable } => return give_up(app, claimed, due, attempt.clone(), error(), disable, turn).await,
    };
    if let Turn::Note(failing) = turn {
        note_turn(app, claimed, &due, failing).await?;
    }
    end(app, claimed, delivery, Some(attempt), next_try).await
}

/// Written together with whatever else ends meanwhile.
async fn end(
    app: &App,
    claimed: &Claimed,
    delivery: &DeliveryId,
    attempt: Option<Attempt>,
    next: NextTry,
) -> Result<(), JobError> {
    let attempt = attempt.map(|attempt| (app.new_id(), attempt));
    let ending = Ending { claimed: claimed.clone(), delivery: delivery.clone(), attempt, next, at: app.now() };
    app.endings.ask(ending).await??;
    Ok(())
}

/// Before the try is kept: if we die in between, the next one finds the endpoint as it is.
async fn note_turn(app: &App, claimed: &Claimed, due: &DueDelivery, failing: Option<Failing>) -> Result<(), JobError> {
    let (workspace, webhook) = (claimed.workspace.clone(), due.webhook.clone());
    let noted = app.store.write(async move |tx| {
        // Or a change by its owner, read before and written after, would undo ours.
        tx.lock_webhook(&webhook).await?;
        tx.note_failing(&workspace, &webhook, failing).await
    });
    noted.await?;
    Ok(())
}

/// The delivery has had its last try, and perhaps its webhook too.
async fn give_up(
    app: &App,
    claimed: &Claimed,
    due: DueDelivery,
    attempt: Attempt,
    error: String,
    disable: Option<DisabledReason>,
    turn: Turn,
) -> Result<(), JobError> {
    let (claimed, cause) = (claimed.clone(), cause(app, claimed));
    app.store
        .write(async move |tx| {
            tx.lock_webhook(&due.webhook).await?;
            tx.record_attempt(&cause.door, &claimed.workspace, &due.id, &attempt, DeliveryState::Failed, None).await?;
            if let Turn::Note(failing) = turn {
                tx.note_failing(&claimed.workspace, &due.webhook, failing).await?;
            }
            if let Some(reason) = disable {
                notices::disable(tx, &cause, &claimed.workspace, &due.webhook, reason).await?;
            }
            tx.bury_job(&claimed, cause.now, &error).await
        })
        .await?;
    Ok(())
}

fn is_success(attempt: &Attempt) -> bool {
    attempt.status.is_some_and(|status| (200..300).contains(&status))
}

/// An endpoint that is told nothing for long neither works nor fails: after twice the longest wait between two tries, failures begin
/// to count anew. Otherwise two of them, moments apart, could disable one that failed a week ago and was left alone since.
fn fails_now(app: &App, before: Option<Failing>, now: Timestamp) -> Failing {
    match before {
        Some(before) if now.since(before.last) <= longest_silence_ms(app) => Failing { last: now, ..before },
        _ => Failing { since: now, last: now },
    }
}

fn longest_silence_ms(app: &App) -> i64 {
    app.settings.webhooks.longest_retry_ms.saturating_mul(2)
}

/// What is new of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Nothing,
    /// How long it has been failing now, or none: it works again.
    Note(Option<Failing>),
}

/// That it works again, that it fails, and now and then that it still does. Not with each try, or all of them would wait for one row.
fn turn(app: &App, before: Option<Failing>, now: Option<Failing>) -> Turn {
    match (before, now) {
        (None, None) => Turn::Nothing,
        (Some(before), Some(now)) if before.since == now.since => {
            let is_old = now.last.since(before.last) >= longest_silence_ms(app) / 8;
            if is_old { Turn::Note(Some(now)) } else { Turn::Nothing }
        }
        (_, now) => Turn::Note(now),
    }
}

/// What follows from a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Delivered,
    Again {
        wait_ms: i64,
    },
    /// And perhaps the webhook is told nothing more.
    Never {
        disable: Option<DisabledReason>,
    },
}

impl Next {
    const fn state(self) -> DeliveryState {
        match self {
            Self::Delivered => DeliveryState::Delivered,
            Self::Again { .. } => DeliveryState::Pending,
            Self::Never { .. } => DeliveryState::Failed,
        }
    }
}

fn decide(
    app: &App,
    claimed: &Claimed,
    due: &DueDelivery,
    failing: Option<Failing>,
    attempt: &Attempt,
    asked_wait_ms: Option<i64>,
) -> Next {
    if is_success(attempt) {
        return Next::Delivered;
    }
    // A test is over when it is seen, and decides nothing.
    if due.is_test() {
        return Next::Never { disable: None };
    }
    // The endpoint says itself that asking again is no use.
    if attempt.status == Some(410) {
        return Next::Never { disable: Some(DisabledReason::Gone) };
    }
    let settings = &app.settings.webhooks;
    let wait_ms = settings.schedule().next_delay(claimed.failures + 1, app.door.jitter());
    let failing_ms = failing.map_or(0, |failing| failing.last.since(failing.since));
    // One failure after a long silence may be an accident: the delivery at hand must have failed before, or have no try left.
    let is_repeated = due.attempts > 0 || wait_ms.is_none();
    if is_repeated && failing_ms >= settings.disable_after_s.saturating_mul(1_000) {
        return Next::Never { disable: Some(DisabledReason::Failing) };
    }
    match wait_ms {
        // The endpoint may ask for more patience than we planned, within reason; asking for less does not hurry us.
        Some(wait_ms) => {
            Next::Again { wait_ms: wait_ms.max(asked_wait_ms.unwrap_or(0).min(settings.longest_retry_ms)) }
        }
        None => Next::Never { disable: None },
    }
}

/// One try, and how long the endpoint asks us to wait before the next.
async fn call(app: &App, due: &DueDelivery, target: &Target) -> (Attempt, Option<i64>) {
    let started = app.now();
    let callback = Callback {
        url: &target.url,
        secrets: target.secrets.live(started).collect(),
        headers: &target.headers.0,
        id: due.event.as_str(),
        body: &due.body,
    };
    FailPoint::DeliveryClaimed.reached();
    let deadline = Duration::from_millis(app.settings.webhooks.timeout_ms);
    let answer = endpoint::post(&app.outbound, &callback, started, deadline).await;
    FailPoint::DeliverySent.reached();
    let latency_ms = app.now().since(started);
    match answer {
        Ok(reply) => {
            let attempt =
                Attempt { at: started, status: Some(reply.status), error: None, latency_ms, excerpt: reply.excerpt };
            (attempt, reply.retry_after_ms)
        }
        Err(error) => {
            (Attempt { at: started, status: None, error: Some(error.to_string()), latency_ms, excerpt: None }, None)
        }
    }
}
