//! Writes to a record the newest that a partner said of it. Of several callbacks in a row one job writes the last, and the others
//! find it written.

use alc_core::id::ConnectionId;
use serde_json::Value;

use super::JobError;
use crate::app::App;
use crate::connectors::attio::{Attio, NotDone};
use crate::store::jobs::Claimed;
use crate::store::record_updates::KeptUpdate;

pub async fn perform(app: &App, claimed: &Claimed, connection: &ConnectionId, record_id: &str) -> Result<(), JobError> {
    let (workspace, id, record) = (claimed.workspace.clone(), connection.clone(), record_id.to_owned());
    let facts = app.store.read(async move |tx| {
        let connection = tx.connection(&workspace, &id).await?;
        let update = tx.record_update(&workspace, &id, &record).await?;
        Ok(connection.zip(update))
    });
    // Without its connection there is nobody to write for.
    let Some((connection, kept)) = facts.await?.filter(|(_, kept)| !kept.is_written) else {
        return finish(app, claimed, None).await;
    };
    let values: Value = serde_json::from_str(&kept.update.attributes)
        .map_err(|_| JobError::Retry("what is to be written is no JSON".into()))?;
    let attio = Attio::new(&app.settings.attio, &app.outbound, &connection.token, app.now());
    match write(&attio, record_id, &values).await {
        Ok(()) => {}
        Err(NotDone::Gone) => tracing::info!(record = record_id, "the record of a callback is gone"),
        Err(NotDone::NotNow { why, wait_ms: Some(asked_ms) }) => return come_back(app, claimed, &why, asked_ms).await,
        Err(error) => return Err(JobError::Retry(error.to_string())),
    }
    finish(app, claimed, Some(kept)).await
}

async fn finish(app: &App, claimed: &Claimed, written: Option<KeptUpdate>) -> Result<(), JobError> {
    let claimed = claimed.clone();
    app.store
        .write(async move |tx| {
            if let Some(written) = &written {
                tx.note_record_written(written).await?;
            }
            tx.finish_job(&claimed).await
        })
        .await?;
    Ok(())
}

/// Attio may ask for more patience than we planned, within reason; asking for less does not hurry us.
async fn come_back(app: &App, claimed: &Claimed, why: &str, asked_ms: i64) -> Result<(), JobError> {
    let schedule = app.settings.webhooks.schedule();
    let Some(planned_ms) = schedule.next_delay(claimed.failures + 1, app.door.jitter()) else {
        return Err(JobError::Retry(why.to_owned()));
    };
    let wait_ms = planned_ms.max(asked_ms.min(schedule.longest_ms));
    let (claimed, run_at, why) = (claimed.clone(), app.now().plus_millis(wait_ms), why.to_owned());
    app.store.write(async move |tx| tx.retry_job(&claimed, run_at, &why).await).await?;
    Ok(())
}

async fn write(attio: &Attio<'_>, record_id: &str, values: &Value) -> Result<(), NotDone> {
    match attio.update_person(record_id, values).await {
        // Mostly because the workspace lacks our attributes: make them, once.
        Err(NotDone::Refused(_)) => {
            attio.ensure_attributes().await?;
            attio.update_person(record_id, values).await
        }
        written => written,
    }
}
