//! Nobody has answered for long enough: that is an answer too.

use alc_core::conversation::silence;
use alc_core::id::ConversationId;
use alc_core::lead::Stage;

use super::{JobError, cause};
use crate::app::App;
use crate::moves;
use crate::store::jobs::Claimed;

pub async fn perform(app: &App, claimed: &Claimed, conversation: &ConversationId) -> Result<(), JobError> {
    let (claimed, cause, conversation) = (claimed.clone(), cause(app, claimed), conversation.clone());
    let asked_again_at = cause.now.plus_millis(app.settings.conversation.silence_s * 1000);
    app.store
        .write(async move |tx| {
            let Some(conversation) = tx.conversation(&claimed.workspace, &conversation).await? else {
                return tx.finish_job(&claimed).await;
            };
            let Some(lead) = tx.lead(&claimed.workspace, &conversation.lead).await? else {
                return tx.finish_job(&claimed).await;
            };
            tx.lock_phone(&lead.phone).await?;
            // Read again behind the lock: a reply may just have come.
            let Some(conversation) = tx.conversation(&claimed.workspace, &conversation.id).await? else {
                return tx.finish_job(&claimed).await;
            };
            if conversation.ended_at.is_none() && conversation.silent_at > cause.now {
                return tx.postpone_job(&claimed, conversation.silent_at).await;
            }
            let Some(mut lead) = tx.lead(&claimed.workspace, &conversation.lead).await? else {
                return tx.finish_job(&claimed).await;
            };
            if moves::heed_calling_off(tx, &cause, &mut lead).await? {
                return tx.finish_job(&claimed).await;
            }
            // Whoever was never asked is not silent: the first text is still on its way. The last deadline bounds the wait.
            if matches!(lead.stage, Stage::Accepted | Stage::Queued) {
                return tx.postpone_job(&claimed, asked_again_at).await;
            }
            tx.finish_job(&claimed).await?;
            let replied = matches!(lead.stage, Stage::InConversation { .. });
            moves::close(tx, &cause, &mut lead, silence(replied)).await
        })
        .await?;
    Ok(())
}
