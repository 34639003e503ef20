//! Deletes sessions, codes and tokens that nobody can use any more, and what was kept of callbacks that nobody will send again.

use super::JobError;
use crate::app::App;
use crate::store::jobs::Claimed;

/// A signature older than minutes is refused; a day leaves room for clocks and for who looks what came in.
const CALLBACKS_KEPT_MS: i64 = 24 * 3600 * 1000;

pub async fn perform(app: &App, claimed: &Claimed) -> Result<(), JobError> {
    let (claimed, now) = (claimed.clone(), app.now());
    app.store
        .write(async move |tx| {
            tx.delete_expired(now).await?;
            tx.delete_received_callbacks(now.plus_millis(-CALLBACKS_KEPT_MS)).await?;
            tx.finish_job(&claimed).await
        })
        .await?;
    Ok(())
}
