//! Whatever the lead still waits for (a free number, a gateway, an answer), it ends now: no record stays Pending for ever.

use alc_core::conversation::give_up;
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
                Stage::InConversation { .. } | Stage::Contacted { .. } => {
                    let has_replied = matches!(lead.stage, Stage::InConversation { .. });
                    let conversation = tx.conversation_of_lead(&lead.workspace, &lead.id).await?;
                    let progress = conversation.map(|conversation| conversation.progress).unwrap_or_default();
                    moves::close(tx, &cause, &mut lead, give_up(&progress, has_replied)).await
                }
                _ => {
                    let reason = "The person could not be texted before the last deadline. Send the person again.";
                    moves::fail(tx, &cause, &mut lead, reason).await
                }
            }
        })
        .await?;
    Ok(())
}
