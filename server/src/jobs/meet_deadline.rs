//! Whatever the lead still waits for (a free number, a gateway, an answer), it ends now: no record stays Pending for ever.

use alc_core::conversation::silence;
use alc_core::id::LeadId;
use alc_core::lead::Stage;

use super::{JobError, cause};
use crate::app::App;
use crate::moves;
use crate::store::jobs::Claimed;

pub async fn perform(app: &App, claimed: &Claimed, lead: &LeadId) -> Result<(), JobError> {
    let (claimed, cause, lead) = (claimed.clone(), cause(app, claimed), lead.clone());
    app.store
        .write(async move |tx| {
            tx.finish_job(&claimed).await?;
            let Some(lead) = tx.lead(&claimed.workspace, &lead).await? else { return Ok(()) };
            tx.lock_phone(&lead.phone).await?;
            let Some(mut lead) = tx.lead(&claimed.workspace, &lead.id).await? else { return Ok(()) };
            if moves::heed_calling_off(tx, &cause, &mut lead).await? {
                return Ok(());
            }
            match lead.stage {
                Stage::InConversation { .. } => moves::close(tx, &cause, &mut lead, silence(true)).await,
                Stage::Contacted { .. } => moves::close(tx, &cause, &mut lead, silence(false)).await,
                _ => {
                    let reason = "The person could not be texted before the last deadline. Send the person again.";
                    moves::fail(tx, &cause, &mut lead, reason).await
                }
            }
        })
        .await?;
    Ok(())
}
