//! Deletes sessions, codes and tokens that nobody can use any more.

use super::JobError;
use crate::app::App;
use crate::store::jobs::Claimed;

pub async fn perform(app: &App, claimed: &Claimed) -> Result<(), JobError> {
    let (claimed, now) = (claimed.clone(), app.now());
    app.store
        .write(async move |tx| {
            tx.delete_expired(now).await?;
            tx.finish_job(&claimed).await
        })
        .await?;
    Ok(())
}
