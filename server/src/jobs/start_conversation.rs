//! Finds a number to text the lead from and says the first words; when all our numbers talk with that phone already, the lead
//! waits in line.

use alc_core::campaign::Campaign;
use alc_core::conversation::{Progress, opening, patience_s};
use alc_core::id::{LeadId, WorkspaceId};
use alc_core::lead::Lead;
use alc_core::outcome::{Interest, Outcome};
use alc_core::time::Timestamp;

use super::{JobError, cause};
use crate::app::App;
use crate::connectors::sandbox;
use crate::moves::{self, Cause};
use crate::settings::Conduct;
use crate::store::handsets::Handset;
use crate::store::jobs::Claimed;
use crate::store::{StoreError, Tx};

pub async fn perform(app: &App, claimed: &Claimed, lead: &LeadId) -> Result<(), JobError> {
    let numbers = numbers(app, &claimed.workspace, lead).await?;
    if numbers.is_empty() {
        return Err(JobError::Retry("there is no number to text from; set sms.from (ALC_SMS__FROM)".into()));
    }
    let silence_s = app.settings.conversation.silence_s;
    let (of_settings, claimed, cause, lead) =
        (app.settings.campaign.clone(), claimed.clone(), cause(app, claimed), lead.clone());
    let conduct = app.settings.conduct.clone();
    app.store
        .write(async move |tx| {
            tx.finish_job(&claimed).await?;
            let Some(lead) = tx.lead(&claimed.workspace, &lead).await? else { return Ok(()) };
            tx.lock_phone(&lead.phone).await?;
            // Read again behind the lock: the lead may just have been called off.
            let Some(mut lead) = tx.lead(&claimed.workspace, &lead.id).await? else { return Ok(()) };
            let already = tx.conversation_of_lead(&lead.workspace, &lead.id).await?;
            if !lead.is_live() || already.is_some() || moves::heed_calling_off(tx, &cause, &mut lead).await? {
                return Ok(());
            }
            if tx.has_opted_out(&Handset::of(&lead)).await? {
                let outcome = Outcome::certain(Interest::OptedOut, "This phone asked earlier not to be texted.");
                return moves::close(tx, &cause, &mut lead, outcome).await;
            }
            if let Some(reason) = too_often(tx, &lead, &conduct, cause.now).await? {
                return moves::fail(tx, &cause, &mut lead, &reason).await;
            }
            let Some(campaign) = campaign_of(tx, &lead, &of_settings).await? else {
                let reason =
                    "Its campaign was removed before the conversation began. Send the person again with another.";
                return moves::fail(tx, &cause, &mut lead, reason).await;
            };
            let silent_at = cause.now.plus_millis(patience_s(&campaign, &Progress::default(), silence_s) * 1000);
            for our_number in &numbers {
                let opened = moves::open_conversation(tx, &cause, &lead, our_number, &campaign, silent_at).await?;
                if let Some(conversation) = opened {
                    tx.delete_waiting_lead(&lead.workspace, &lead.id).await?;
                    moves::say(tx, &cause, &conversation, opening(&campaign, &lead.name)).await?;
                    return moves::await_reply(tx, &cause, &conversation, silent_at).await;
                }
            }
            // Another lead talks with this phone on every number of ours; whoever ends wakes the first in line.
            if lead.queue().is_ok() {
                tx.save_lead(&lead).await?;
            }
            tx.insert_waiting_lead(&lead.workspace, &lead.id, &Handset::of(&lead), cause.now).await
        })
        .await?;
    Ok(())
}

/// What a lead that names no campaign is told, where the workspace has one of that name.
const DEFAULT_CAMPAIGN: &str = "default";

/// None when the lead names one that is gone: other words than those it was sent for would be a guess.
async fn campaign_of(tx: &mut Tx, lead: &Lead, of_settings: &Campaign) -> Result<Option<Campaign>, StoreError> {
    let name = lead.campaign.as_deref();
    let kept = tx.campaign(&lead.workspace, name.unwrap_or(DEFAULT_CAMPAIGN)).await?;
    Ok(kept.map(|kept| kept.campaign).or_else(|| name.is_none().then(|| of_settings.clone())))
}

/// Whoever was asked so often does not want to be asked again so soon; a sandbox disturbs nobody.
async fn too_often(tx: &mut Tx, lead: &Lead, conduct: &Conduct, now: Timestamp) -> Result<Option<String>, StoreError> {
    let most = conduct.conversations_per_phone;
    if lead.is_test || most == 0 {
        return Ok(None);
    }
    let since = now.plus_millis(-conduct.conversations_within_s.saturating_mul(1000));
    let begun = tx.conversations_since(&lead.workspace, &Handset::of(lead), since).await?;
    let days = conduct.conversations_within_s / 86_400;
    Ok((begun >= most).then(|| {
        format!("This phone was texted about {begun} leads within {days} days, which is as often as allowed. Send the person again later.")
    }))
}

/// Those that this lead may be texted from: a sandbox has one of its own.
async fn numbers(app: &App, workspace: &WorkspaceId, lead: &LeadId) -> Result<Vec<String>, StoreError> {
    let (workspace, lead) = (workspace.clone(), lead.clone());
    let lead = app.store.read(async move |tx| tx.lead(&workspace, &lead).await).await?;
    Ok(match lead.filter(|lead| lead.is_test) {
        Some(lead) => vec![sandbox::number(&lead.workspace)],
        None => app.settings.sms.numbers().map(str::to_owned).collect(),
    })
}

pub async fn give_up(tx: &mut Tx, cause: &Cause, claimed: &Claimed, lead: &LeadId) -> Result<(), StoreError> {
    let Some(lead) = tx.lead(&claimed.workspace, lead).await? else { return Ok(()) };
    tx.lock_phone(&lead.phone).await?;
    let Some(mut lead) = tx.lead(&claimed.workspace, &lead.id).await? else { return Ok(()) };
    moves::fail(tx, cause, &mut lead, "The conversation could not be started: no number to text from is set up.").await
}
