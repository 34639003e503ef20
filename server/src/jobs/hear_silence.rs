//! Nobody has answered for long enough: that is an answer too.

use alc_core::conversation::{Turn, break_silence, patience_s};
use alc_core::id::ConversationId;
use alc_core::lead::Stage;

use super::{JobError, cause};
use crate::app::App;
use crate::moves;
use crate::store::jobs::Claimed;

pub async fn perform(app: &App, claimed: &Claimed, conversation: &ConversationId) -> Result<(), JobError> {
    let (claimed, cause, conversation) = (claimed.clone(), cause(app, claimed), conversation.clone());
    let (of_settings, silence_s) = (app.settings.campaign.clone(), app.settings.conversation.silence_s);
    let asked_again_at = cause.now.plus_millis(silence_s * 1000);
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
            let Some(mut conversation) = tx.conversation(&claimed.workspace, &conversation.id).await? else {
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
            let has_replied = matches!(lead.stage, Stage::InConversation { .. });
            let campaign = conversation.campaign.as_deref().unwrap_or(&of_settings).clone();
            match break_silence(&campaign, &conversation.progress, has_replied) {
                Turn::Ask { say, progress } if conversation.ended_at.is_none() => {
                    let wait_ms = patience_s(&campaign, &progress, silence_s) * 1000;
                    conversation.progress = progress;
                    conversation.silent_at = cause.now.plus_millis(wait_ms);
                    tx.save_conversation(&conversation).await?;
                    moves::say(tx, &cause, &conversation, say).await?;
                    tx.postpone_job(&claimed, conversation.silent_at).await
                }
                Turn::Ask { .. } => tx.finish_job(&claimed).await,
                Turn::End { outcome, .. } => {
                    tx.finish_job(&claimed).await?;
                    moves::close(tx, &cause, &mut lead, outcome).await
                }
            }
        })
        .await?;
    Ok(())
}
