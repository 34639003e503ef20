//! Ends grants that nothing leads to any more, and deletes what nobody needs (`[retention]` in the settings).

use super::JobError;
use crate::app::App;
use crate::moves;
use crate::store::StoreError;
use crate::store::audit::{self, Origin};
use crate::store::grants::Revocation;
use crate::store::jobs::Claimed;
use crate::store::retention::Remains;
use alc_core::id::WorkspaceId;
use alc_core::time::Timestamp;

/// In one round: each is a commit of its own, and the next round takes the rest.
const MOST_GRANTS: i64 = 1000;
/// Each takes a dozen statements.
const LEADS_AT_ONCE: i64 = 50;
const DAY_MS: i64 = 86_400_000;

pub async fn perform(app: &App, claimed: &Claimed) -> Result<(), JobError> {
    let now = app.now();
    let spent = app.store.read(async move |tx| tx.spent_grants(now, MOST_GRANTS).await).await?;
    for (workspace, grant) in spent {
        let why = Revocation {
            door: app.door.clone(),
            actor: audit::SERVICE.to_owned(),
            reason: "expired",
            origin: Origin::here(claimed.trace.clone()),
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
    app.store.write(async move |tx| tx.forget_retired_secrets(now).await).await?;
    for what in Remains::ALL {
        forget(app, what, now).await?;
    }
    app.store.write(async move |tx| tx.forget_phone_days(now.plus_millis(-DAY_MS)).await).await?;
    for (workspace, days) in app.store.read(async |tx| tx.retentions().await).await? {
        forget_leads(app, &workspace, now.plus_millis(-days.saturating_mul(DAY_MS))).await?;
    }
    let claimed = claimed.clone();
    app.store.write(async move |tx| tx.finish_job(&claimed).await).await?;
    Ok(())
}

/// Slice by slice, each a commit of its own: whoever writes meanwhile goes in between.
async fn forget(app: &App, what: Remains, now: Timestamp) -> Result<(), StoreError> {
    let (before, most) = (now.plus_millis(-kept_s(app, what).saturating_mul(1000)), app.settings.retention.slice_rows);
    let (mut behind, mut deleted) = (String::new(), 0);
    loop {
        let from = behind.clone();
        let pass = app.store.write(async move |tx| tx.delete_remains(what, before, &from, most).await).await?;
        deleted += pass.deleted;
        match pass.behind {
            Some(next) => behind = next,
            None => break,
        }
    }
    if deleted > 0 {
        tracing::info!(what = what.as_str(), deleted, "forgot what nobody needs");
    }
    Ok(())
}

/// Leads that ended longer ago than their workspace keeps them, with all that was said: a few to a commit.
async fn forget_leads(app: &App, workspace: &WorkspaceId, before: Timestamp) -> Result<(), StoreError> {
    let mut forgotten = 0;
    loop {
        let workspace = workspace.clone();
        let erased = app.store.write(async move |tx| {
            let leads = tx.leads_ended_before(&workspace, before, LEADS_AT_ONCE).await?;
            for lead in &leads {
                tx.erase_lead(&workspace, lead).await?;
            }
            Ok(leads.len())
        });
        match erased.await? {
            0 => break,
            some => forgotten += some,
        }
    }
    if forgotten > 0 {
        tracing::info!(%workspace, leads = forgotten, "forgot leads that ended long ago");
    }
    Ok(())
}

/// How long each is kept when it has ended.
fn kept_s(app: &App, what: Remains) -> i64 {
    let kept = &app.settings.retention;
    match what {
        Remains::Sessions | Remains::LoginFailures | Remains::Answers => 0,
        Remains::Codes | Remains::Tokens => kept.used_tokens_s,
        Remains::ReceivedCallbacks => kept.received_callbacks_s,
        Remains::Attempts => kept.attempts_s,
        Remains::Deliveries | Remains::Events => kept.deliveries_s,
        Remains::StrayMessages => kept.stray_messages_s,
        Remains::AuditRows => kept.audit_s,
    }
}
