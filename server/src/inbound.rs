//! An SMS that came in, whoever brings it: the gateway's webhook, our own look into its inbox, or the page of a sandbox.
//!
//! It is matched by its two numbers, heard, and what follows from it is kept in the same commit; the same message brought twice
//! changes nothing.

use alc_core::campaign::Campaign;
use alc_core::consent::Consent;
use alc_core::conversation::{ASKED_TO_STOP, LateTurn, Turn, first_name, hear, hear_late, patience_s};
use alc_core::id::MessageId;
use alc_core::outcome::Interest;
use alc_core::time::Timestamp;

use crate::app::App;
use crate::moves::{self, Cause};
use crate::store::conversations::Conversation;
use crate::store::handsets::Handset;
use crate::store::messages::{Message, MessageState};
use crate::store::{StoreError, Tx};

/// An inbound SMS, as far as we read it.
#[derive(Debug)]
pub struct Inbound {
    pub id: MessageId,
    /// The gateway's own id of it.
    pub gateway_id: String,
    pub our_number: String,
    pub from: Handset,
    pub body: String,
    /// How many came with it.
    pub pictures: u32,
    /// When the gateway had it: now, for one that it brings; before, for one that waited in its inbox.
    pub at: Timestamp,
}

impl Inbound {
    /// As it is kept: what was said, and that there was something to see. It is never fetched: nobody knows what it shows.
    fn noted(&self) -> String {
        let pictures = match self.pictures {
            0 => return self.body.clone(),
            1 => "[picture]".to_owned(),
            count => format!("[{count} pictures]"),
        };
        if self.body.trim().is_empty() { pictures } else { format!("{} {pictures}", self.body) }
    }
}

/// What the rules need besides the message itself.
struct Rules {
    /// For conversations that brought none of their own.
    campaign: Campaign,
    silence_s: i64,
    late_ms: i64,
}

/// Takes a message in; false when it had been before.
pub async fn take_in(app: &App, trace: String, inbound: Inbound) -> Result<bool, StoreError> {
    let settings = &app.settings.conversation;
    let rules = Rules {
        campaign: app.settings.campaign.clone(),
        silence_s: settings.silence_s,
        late_ms: settings.late_reply_s * 1000,
    };
    let cause = Cause { door: app.door.clone(), now: app.now(), trace };
    app.store
        .write(async move |tx| {
            tx.lock_phone(inbound.from.number()).await?;
            if tx.is_known_message(&inbound.gateway_id).await? {
                return Ok(false);
            }
            heed(tx, &cause, &rules, &inbound).await?;
            Ok(true)
        })
        .await
}

async fn heed(tx: &mut Tx, cause: &Cause, rules: &Rules, inbound: &Inbound) -> Result<(), StoreError> {
    let consent = Consent::read(&inbound.body, None);
    if consent == Some(Consent::Start) {
        // One that was overtaken by a later stop allows nothing.
        tx.opt_in(&inbound.from, inbound.at).await?;
    }
    let live = tx.live_conversation(&inbound.our_number, &inbound.from).await?;
    // What was said before a conversation began answers nothing in it.
    if let Some(conversation) = live.filter(|conversation| conversation.opened_at <= inbound.at) {
        return hear_reply(tx, cause, rules, inbound, conversation).await;
    }
    let newest = tx.newest_conversation(&inbound.our_number, &inbound.from).await?;
    let is_just_late = |conversation: &Conversation| {
        let ended_at = conversation.ended_at;
        let until = ended_at.map(|ended_at| ended_at.plus_millis(rules.late_ms));
        conversation.opened_at <= inbound.at && until.is_some_and(|until| cause.now <= until)
    };
    if let Some(conversation) = newest.filter(is_just_late) {
        return hear_late_reply(tx, cause, rules, inbound, conversation).await;
    }
    // It matches nothing live: kept and shown, never guessed. A stop is a stop all the same.
    let (id, from) = (&inbound.id, &inbound.from);
    tx.insert_stray_message(id, &inbound.gateway_id, &inbound.our_number, from, &inbound.noted(), cause.now).await?;
    if consent == Some(Consent::Stop) {
        moves::opt_out(tx, cause, from, "keyword", ASKED_TO_STOP).await?;
    }
    Ok(())
}

async fn hear_reply(
    tx: &mut Tx,
    cause: &Cause,
    rules: &Rules,
    inbound: &Inbound,
    mut conversation: Conversation,
) -> Result<(), StoreError> {
    let Some(mut lead) = tx.lead(&conversation.workspace, &conversation.lead).await? else { return Ok(()) };
    keep(tx, cause, inbound, &conversation).await?;
    // What waits for the morning is part of the same exchange, and the lead is awake.
    moves::look_again(tx, cause, &lead).await?;
    let campaign = conversation.campaign.as_deref().unwrap_or(&rules.campaign).clone();
    let turn = hear(&campaign, &conversation.progress, first_name(&lead.name), &inbound.body);
    let is_stop = matches!(&turn, Turn::End { outcome, .. } if outcome.interest == Interest::OptedOut);
    // Nobody waits for the answer any more; a stop is a stop all the same.
    if !is_stop && moves::heed_calling_off(tx, cause, &mut lead).await? {
        return Ok(());
    }
    moves::replied(tx, cause, &mut lead).await?;
    match turn {
        Turn::Ask { say, progress } => {
            let wait_ms = patience_s(&campaign, &progress, rules.silence_s) * 1000;
            conversation.progress = progress;
            conversation.silent_at = cause.now.plus_millis(wait_ms);
            tx.save_conversation(&conversation).await?;
            moves::say(tx, cause, &conversation, say).await
        }
        Turn::End { outcome, .. } if is_stop => {
            moves::opt_out(tx, cause, &inbound.from, "keyword", &outcome.summary).await
        }
        Turn::End { say, outcome } => {
            if let Some(say) = say {
                moves::say(tx, cause, &conversation, say).await?;
            }
            moves::close(tx, cause, &mut lead, outcome).await
        }
    }
}

/// A reply to a conversation that has ended. It is shown there; a stop is a stop all the same; and a clear yes corrects the outcome and is
/// announced, rather than opening the conversation again: its numbers, and the record's one live lead, may be another's by now, and what
/// we wanted to know we know.
async fn hear_late_reply(
    tx: &mut Tx,
    cause: &Cause,
    rules: &Rules,
    inbound: &Inbound,
    conversation: Conversation,
) -> Result<(), StoreError> {
    let Some(mut lead) = tx.lead(&conversation.workspace, &conversation.lead).await? else { return Ok(()) };
    keep(tx, cause, inbound, &conversation).await?;
    let campaign = conversation.campaign.as_deref().unwrap_or(&rules.campaign);
    match hear_late(campaign, lead.stage.outcome(), first_name(&lead.name), &inbound.body) {
        LateTurn::Stop => moves::opt_out(tx, cause, &inbound.from, "keyword", ASKED_TO_STOP).await,
        // Nobody is left to hear of it once the grant has ended, and nobody is texted for nothing.
        LateTurn::Correct { say, outcome } if tx.share_live_grant(&lead.workspace, &lead.grant).await? => {
            moves::correct(tx, cause, &mut lead, outcome).await?;
            moves::say(tx, cause, &conversation, say).await
        }
        LateTurn::Correct { .. } | LateTurn::Note => Ok(()),
    }
}

async fn keep(tx: &mut Tx, cause: &Cause, inbound: &Inbound, conversation: &Conversation) -> Result<(), StoreError> {
    let message = Message {
        id: inbound.id.clone(),
        workspace: conversation.workspace.clone(),
        conversation: conversation.id.clone(),
        lead: conversation.lead.clone(),
        body: inbound.noted(),
        state: MessageState::Received,
        gateway_id: Some(inbound.gateway_id.clone()),
        created_at: cause.now,
        sending_at: Some(inbound.at),
        error_code: None,
    };
    tx.insert_message(&message).await.map(drop)
}
