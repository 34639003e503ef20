//! Cancels the live leads of a grant that are called off, so many to a commit; the grant says where the rest begins, so a crash
//! costs nothing but the time.

use std::collections::BTreeSet;

use alc_core::id::GrantId;

use super::{JobError, cause};
use crate::app::App;
use crate::fail_point::FailPoint;
use crate::moves;
use crate::store::jobs::Claimed;

/// To a commit: each locks a phone, and PostgreSQL keeps all locks in one table.
const AT_ONCE: usize = 100;

pub async fn perform(app: &App, claimed: &Claimed, grant: &GrantId) -> Result<(), JobError> {
    let (claimed, cause, grant) = (claimed.clone(), cause(app, claimed), grant.clone());
    app.store
        .write(async move |tx| {
            let workspace = &claimed.workspace;
            // Behind its lock: what was just being sent under a grant that ended is kept by now, or refused.
            let is_live = tx.hold_live_grant(workspace, &grant).await?;
            let ids = tx.leads_called_off(workspace, &grant, i64::try_from(AT_ONCE).unwrap_or(i64::MAX)).await?;
            let mut phones = BTreeSet::new();
            for id in &ids {
                phones.extend(tx.lead(workspace, id).await?.map(|lead| lead.phone));
            }
            // In one order, so that two grants that end together do not wait for each other.
            for phone in &phones {
                tx.lock_phone(phone).await?;
            }
            for id in &ids {
                // Read again behind the locks: a reply may just have come.
                if let Some(mut lead) = tx.lead(workspace, id).await? {
                    moves::heed_calling_off(tx, &cause, &mut lead).await?;
                }
            }
            if ids.len() == AT_ONCE {
                return tx.postpone_job(&claimed, cause.now).await;
            }
            if !is_live {
                tx.wind_up_grant(workspace, &grant, cause.now).await?;
            }
            tx.finish_job(&claimed).await
        })
        .await?;
    FailPoint::LeadsCalledOff.reached();
    Ok(())
}
