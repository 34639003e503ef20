//! Tells one webhook about one event: signs, posts, and writes the try into the log in the commit that ends or repeats it.

use std::time::Duration;

use alc_core::id::DeliveryId;

use super::JobError;
use crate::app::App;
use crate::connectors::endpoint::{self, Callback};
use crate::fail_point::FailPoint;
use crate::store::events::{Attempt, DeliveryState};
use crate::store::jobs::Claimed;

pub async fn perform(app: &App, claimed: &Claimed, delivery: &DeliveryId) -> Result<(), JobError> {
    let (workspace, id) = (claimed.workspace.clone(), delivery.clone());
    let due = app.store.read(async move |tx| tx.due_delivery(&workspace, &id).await).await?;
    let Some((due, target)) =
        due.filter(|due| due.is_pending).and_then(|mut due| due.target.take().map(|target| (due, target)))
    else {
        // Delivered before, or nobody left to tell.
        let (claimed, delivery, now) = (claimed.clone(), delivery.clone(), app.now());
        let dropped = async move |tx: &mut crate::store::Tx| {
            tx.drop_delivery(&claimed.workspace, &delivery, now).await?;
            tx.finish_job(&claimed).await
        };
        return Ok(app.store.write(dropped).await?);
    };

    let settings = &app.settings.webhooks;
    let callback = Callback { url: &target.url, secret: &target.secret, id: due.event.as_str(), body: &due.body };
    let started = app.now();
    FailPoint::DeliveryClaimed.reached();
    let answer = endpoint::post(&app.outbound, &callback, started, Duration::from_millis(settings.timeout_ms)).await;
    FailPoint::DeliverySent.reached();
    let attempt = match &answer {
        Ok(status) => Attempt { status: Some(*status), error: None, latency_ms: app.now().since(started) },
        Err(error) => Attempt { status: None, error: Some(error.to_string()), latency_ms: app.now().since(started) },
    };
    let delivered = answer.as_ref().is_ok_and(|status| (200..300).contains(status));
    // 410 Gone: the endpoint says itself that asking again is no use.
    let is_gone = answer.as_ref().is_ok_and(|status| *status == 410);
    let failures = claimed.failures + 1;
    let retry_in =
        if delivered || is_gone { None } else { settings.schedule().next_delay(failures, app.door.jitter()) };
    let state = match (delivered, retry_in) {
        (true, _) => DeliveryState::Delivered,
        (false, Some(_)) => DeliveryState::Pending,
        (false, None) => DeliveryState::Failed,
    };
    tracing::info!(
        delivery = %due.id, webhook = %due.webhook, event = %due.event, attempt = due.attempts + 1, state = state.as_str(),
        status = attempt.status, error = attempt.error, latency_ms = attempt.latency_ms, "webhook called"
    );

    let (claimed, door, now, delivery) = (claimed.clone(), app.door.clone(), app.now(), due.id);
    app.store
        .write(async move |tx| {
            tx.record_attempt(&door, &claimed.workspace, &delivery, &attempt, state, now).await?;
            let error =
                attempt.error.clone().unwrap_or_else(|| format!("answered {}", attempt.status.unwrap_or_default()));
            match (delivered, retry_in) {
                (true, _) => tx.finish_job(&claimed).await,
                (false, Some(wait)) => tx.retry_job(&claimed, now.plus_millis(wait), &error).await,
                (false, None) => tx.bury_job(&claimed, now, &error).await,
            }
        })
        .await?;
    Ok(())
}
