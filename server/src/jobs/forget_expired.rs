//! Ends grants that nothing leads to any more; deletes sessions, codes, tokens and kept answers that nobody can use, and what
//! was kept of callbacks that nobody will send again.

use super::JobError;
use crate::app::App;
use crate::moves;
use crate::store::grants::Revocation;
use crate::store::jobs::Claimed;

/// A signature older than minutes is refused; a day leaves room for clocks and for who looks what came in.
const CALLBACKS_KEPT_MS: i64 = 24 * 3600 * 1000;

/// In one round: each is a commit of its own, and the next round takes the rest.
const MOST_GRANTS: i64 = 1000;

pub async fn perform(app: &App, claimed: &Claimed) -> Result<(), JobError> {
    let now = app.now();
    let spent = app.store.read(async move |tx| tx.spent_grants(now, MOST_GRANTS).await).await?;
    for (workspace, grant) in spent {
        let why = Revocation {
            door: app.door.clone(),
            actor: grant.to_string(),
            reason: "expired",
            trace: claimed.trace.clone(),
            at: now,
        };
        app.store
            .write(async move |tx| {
                if tx.hold_live_grant(&workspace, &grant).await? && tx.is_spent_grant(&workspace, &grant, now).await? {
                    moves::end_grant(tx, &workspace, &grant, &why).await?;
                }
                Ok(())
            })
            .await?;
    }
    let claimed = claimed.clone();
    app.store
        .write(async move |tx| {
            tx.delete_expired(now).await?;
            tx.delete_expired_answers(now).await?;
            tx.delete_received_callbacks(now.plus_millis(-CALLBACKS_KEPT_MS)).await?;
            tx.finish_job(&claimed).await
        })
        .await?;
    Ok(())
}
