//! Tells one webhook about one event: signs, posts, and writes the try into the log in the commit that ends or repeats it.

use std::time::Duration;

use alc_core::id::DeliveryId;

use super::JobError;
use crate::app::App;
use crate::connectors::endpoint::{self, Callback};
use crate::event::EventName;
use crate::fail_point::FailPoint;
use crate::store::deliveries::{Attempt, DeliveryState, DueDelivery, Target};
use crate::store::jobs::Claimed;

pub async fn perform(app: &App, claimed: &Claimed, delivery: &DeliveryId) -> Result<(), JobError> {
    let (workspace, id) = (claimed.workspace.clone(), delivery.clone());
    let due = app.store.read(async move |tx| tx.due_delivery(&workspace, &id).await).await?;
    let due = due.filter(|due| due.is_pending);
    let Some((due, target)) = due.and_then(|mut due| due.target.take().map(|target| (due, target))) else {
        // Delivered before, or nobody left to tell.
        return end_untried(app, claimed, delivery, DeliveryState::Dropped).await;
    };
    // A test is for seeing whether callbacks arrive, and so for finding out whether to enable again.
    if target.is_disabled && due.name != EventName::WebhookTest {
        return end_untried(app, claimed, delivery, DeliveryState::Failed).await;
    }

    let attempt = call(app, &due, &target).await;
    let delivered = attempt.status.is_some_and(|status| (200..300).contains(&status));
    // 410 Gone: the endpoint says itself that asking again is no use. A test is over when it is seen.
    let is_last = attempt.status == Some(410) || due.name == EventName::WebhookTest;
    let failures = claimed.failures + 1;
    let schedule = app.settings.webhooks.schedule();
    let retry_in = if delivered || is_last { None } else { schedule.next_delay(failures, app.door.jitter()) };
    let state = match (delivered, retry_in) {
        (true, _) => DeliveryState::Delivered,
        (false, Some(_)) => DeliveryState::Pending,
        (false, None) => DeliveryState::Failed,
    };
    tracing::info!(
        delivery = %due.id, webhook = %due.webhook, event = %due.event, attempt = due.attempts + 1, state = state.as_str(),
        status = attempt.status, error = attempt.error, latency_ms = attempt.latency_ms, "webhook called"
    );

    let (claimed, door, now) = (claimed.clone(), app.door.clone(), app.now());
    let is_test = due.name == EventName::WebhookTest;
    app.store
        .write(async move |tx| {
            tx.record_attempt(&door, &claimed.workspace, &due.id, &attempt, state, now).await?;
            let error =
                attempt.error.clone().unwrap_or_else(|| format!("answered {}", attempt.status.unwrap_or_default()));
            match (delivered || is_test, retry_in) {
                (true, _) => tx.finish_job(&claimed).await,
                (false, Some(wait)) => tx.retry_job(&claimed, now.plus_millis(wait), &error).await,
                (false, None) => tx.bury_job(&claimed, now, &error).await,
            }
        })
        .await?;
    Ok(())
}

/// One try.
async fn call(app: &App, due: &DueDelivery, target: &Target) -> Attempt {
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
        Ok(status) => Attempt { status: Some(status), error: None, latency_ms },
        Err(error) => Attempt { status: None, error: Some(error.to_string()), latency_ms },
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
