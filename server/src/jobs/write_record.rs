//! Writes to a record the newest that a partner said of it. A job that comes late repeats what stands there already.

use alc_core::id::ConnectionId;
use serde_json::Value;

use super::JobError;
use crate::app::App;
use crate::connectors::attio::{Attio, NotDone};
use crate::store::jobs::Claimed;

pub async fn perform(app: &App, claimed: &Claimed, connection: &ConnectionId, record_id: &str) -> Result<(), JobError> {
    let (workspace, id, record) = (claimed.workspace.clone(), connection.clone(), record_id.to_owned());
    let facts = app.store.read(async move |tx| {
        let connection = tx.connection(&workspace, &id).await?;
        let update = tx.record_update(&workspace, &id, &record).await?;
        Ok(connection.zip(update))
    });
    // Without its connection there is nobody to write for.
    if let Some((connection, update)) = facts.await? {
        let values: Value = serde_json::from_str(&update.attributes)
            .map_err(|_| JobError::Retry("what is to be written is no JSON".into()))?;
        let attio = Attio::new(&app.settings.attio, &app.outbound, &connection.token);
        match write(&attio, record_id, &values).await {
            Ok(()) => {}
            Err(NotDone::Gone) => tracing::info!(record = record_id, "the record of a callback is gone"),
            Err(error) => return Err(JobError::Retry(error.to_string())),
        }
    }
    let claimed = claimed.clone();
    app.store.write(async move |tx| tx.finish_job(&claimed).await).await?;
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
