//! Tells one webhook about one event: signs, posts, and writes the try into the log in the commit that ends or repeats it.

use std::time::Duration;

use alc_core::id::DeliveryId;

use super::{JobError, cause};
use crate::app::App;
use crate::connectors::endpoint::{self, Callback};
use crate::fail_point::FailPoint;
use crate::notices;
use crate::store::deliveries::{Attempt, DeliveryState, DueDelivery, Target};
use crate::store::jobs::Claimed;
use crate::store::webhooks::DisabledReason;

pub async fn perform(app: &App, claimed: &Claimed, delivery: &DeliveryId) -> Result<(), JobError> {
    let (workspace, id) = (claimed.workspace.clone(), delivery.clone());
    let due = app.store.read(async move |tx| tx.due_delivery(&workspace, &id).await).await?;
    let due = due.filter(|due| due.is_pending);
    let Some((due, target)) = due.and_then(|mut due| due.target.take().map(|target| (due, target))) else {
        // Delivered before, or nobody left to tell.
        return end_untried(app, claimed, delivery, DeliveryState::Dropped).await;
    };
    // A test is for seeing whether callbacks arrive, and so for finding out whether to enable again.
    if target.is_disabled && !due.is_test() {
        return end_untried(app, claimed, delivery, DeliveryState::Failed).await;
    }

    let (attempt, wait_ms) = call(app, &due, &target).await;
    let next = decide(app, claimed, &due, &target, &attempt, wait_ms);
    tracing::info!(
        delivery = %due.id, webhook = %due.webhook, event = %due.event, attempt = due.attempts + 1,
        state = next.state().as_str(), status = attempt.status, error = attempt.error, latency_ms = attempt.latency_ms,
        "webhook called"
    );
    let (claimed, cause, failing) = (claimed.clone(), cause(app, claimed), target.failing_since.is_some());
    app.store
        .write(async move |tx| {
            let now = cause.now;
            let turns = !due.is_test() && (next == Next::Delivered) == failing;
            if turns || matches!(next, Next::Never { disable: Some(_) }) {
                // Or a change by its owner, read before and written after, would undo ours.
                tx.lock_webhook(&due.webhook).await?;
            }
            let next_at = if let Next::Again { wait_ms } = next { Some(now.plus_millis(wait_ms)) } else { None };
            tx.record_attempt(&cause.door, &claimed.workspace, &due.id, &attempt, next.state(), next_at).await?;
            if turns {
                let since = (next != Next::Delivered).then_some(now);
                tx.note_failing(&claimed.workspace, &due.webhook, since).await?;
            }
            let error = || attempt.error.clone().unwrap_or_else(|| format!("answered {}", attempt.status.unwrap_or(0)));
            match next {
                Next::Delivered => return tx.finish_job(&claimed).await,
                Next::Again { wait_ms } => return tx.retry_job(&claimed, now.plus_millis(wait_ms), &error()).await,
                Next::Never { disable } => {
                    if let Some(reason) = disable {
                        notices::disable(tx, &cause, &claimed.workspace, &due.webhook, reason).await?;
                    }
                }
            }
            if due.is_test() { tx.finish_job(&claimed).await } else { tx.bury_job(&claimed, now, &error()).await }
        })
        .await?;
    Ok(())
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
    target: &Target,
    attempt: &Attempt,
    asked_wait_ms: Option<i64>,
) -> Next {
    if attempt.status.is_some_and(|status| (200..300).contains(&status)) {
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
    let failing_ms = target.failing_since.map_or(0, |since| app.now().since(since));
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

async fn end_untried(
    app: &App,
    claimed: &Claimed,
    delivery: &DeliveryId,
    state: DeliveryState,
) -> Result<(), JobError> {
    let (claimed, delivery, now) = (claimed.clone(), delivery.clone(), app.now());
    app.store
        .write(async move |tx| {
            tx.end_delivery(&claimed.workspace, &delivery, state, now).await?;
            tx.finish_job(&claimed).await
        })
        .await?;
    Ok(())
}
