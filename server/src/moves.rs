//! The moves of a lead, as steps inside a commit: whoever causes a move (a request, a reply, a deadline) calls one of these, and
//! the lead's new stage, its announcement, its deliveries and the jobs that follow are kept together or not at all.

use alc_core::callback::Announcement;
use alc_core::campaign::Campaign;
use alc_core::id::{ConversationId, GrantId, LeadId, MessageId, WorkspaceId};
use alc_core::lead::{Lead, LeadEnded};
use alc_core::outcome::{Interest, Outcome};
use alc_core::time::Timestamp;

use crate::app::rfc3339;
use crate::door::Door;
use crate::job::{Job, Place, Planned};
use crate::store::called_off::{CallingOff, GrantsOf};
use crate::store::conversations::Conversation;
use crate::store::events::Printed;
use crate::store::grants::Revocation;
use crate::store::handsets::Handset;
use crate::store::leads::StoredLead;
use crate::store::messages::{Message, MessageState};
use crate::store::{StoreError, Tx};

/// Why the leads of a grant that ended are cancelled; their records say so.
const REVOKED: &str = "The connection was revoked.";

/// What a move needs from outside the store.
#[derive(Clone)]
pub struct Cause {
    pub door: Door,
    pub now: Timestamp,
    pub trace: String,
}

/// Takes a checked lead in; says if it was there already. Its last deadline is set in the same breath. None when the grant has
/// ended: nobody would be left to hear the outcome.
pub async fn accept(
    tx: &mut Tx,
    cause: &Cause,
    lead: &Lead,
    announcement: &Announcement,
    deadline_at: Timestamp,
) -> Result<Option<StoredLead>, StoreError> {
    if !tx.share_live_grant(&lead.workspace, &lead.grant).await? {
        return Ok(None);
    }
    let stored = tx.insert_lead(lead, deadline_at).await?;
    if stored.is_new {
        announce(tx, cause, lead, announcement.clone()).await?;
        start_conversation(tx, cause, &lead.workspace, &lead.id).await?;
        let alarm = Planned {
            workspace: lead.workspace.clone(),
            job: Job::MeetDeadline { lead: lead.id.clone() },
            place: Place::alarm(lead.id.as_str()),
            run_at: deadline_at,
            trace: cause.trace.clone(),
        };
        tx.enqueue(&cause.door, &alarm).await?;
    }
    Ok(Some(stored))
}

/// Says something to the lead: written down now, sent by a job.
pub async fn say(tx: &mut Tx, cause: &Cause, conversation: &Conversation, body: String) -> Result<(), StoreError> {
    let message = Message {
        id: MessageId::from_unique(&cause.door.unique()),
        workspace: conversation.workspace.clone(),
        conversation: conversation.id.clone(),
        lead: conversation.lead.clone(),
        body,
        state: MessageState::Planned,
        gateway_id: None,
        created_at: cause.now,
        sending_at: None,
        error_code: None,
    };
    tx.insert_message(&message).await?;
    let job = Job::SendMessage { message: message.id };
    plan(
        tx,
        cause,
        &conversation.workspace,
        job,
        Place::conversation(&conversation.workspace, &conversation.lead),
        cause.now,
    )
    .await
}

/// What waits to be said to a lead is looked at again now.
pub async fn look_again(tx: &mut Tx, cause: &Cause, lead: &Lead) -> Result<(), StoreError> {
    tx.wake_lane(&lead.workspace, &Place::conversation(&lead.workspace, &lead.id).lane, cause.now).await
}

/// Listens for silence: at `at`, unless the lead says something before.
pub async fn await_reply(
    tx: &mut Tx,
    cause: &Cause,
    conversation: &Conversation,
    at: Timestamp,
) -> Result<(), StoreError> {
    let job = Job::HearSilence { conversation: conversation.id.clone() };
    plan(tx, cause, &conversation.workspace, job, Place::alarm(conversation.id.as_str()), at).await
}

/// The first text is out.
pub async fn contacted(tx: &mut Tx, cause: &Cause, lead: &mut Lead) -> Result<(), StoreError> {
    if let Ok(Some(announcement)) = lead.contacted(cause.now) {
        keep(tx, cause, lead, announcement).await?;
    }
    Ok(())
}

/// The lead answered.
pub async fn replied(tx: &mut Tx, cause: &Cause, lead: &mut Lead) -> Result<(), StoreError> {
    if let Ok(Some(announcement)) = lead.replied(cause.now) {
        keep(tx, cause, lead, announcement).await?;
    }
    Ok(())
}

/// We know what we wanted to know.
pub async fn close(tx: &mut Tx, cause: &Cause, lead: &mut Lead, outcome: Outcome) -> Result<(), StoreError> {
    let announcement = lead.close(cause.now, outcome);
    end(tx, cause, lead, announcement).await
}

/// What was found turned out otherwise after the lead's end. It is announced under the next sequence, so the record says so too.
pub async fn correct(tx: &mut Tx, cause: &Cause, lead: &mut Lead, outcome: Outcome) -> Result<(), StoreError> {
    let Some(announcement) = lead.correct(cause.now, outcome) else { return Ok(()) };
    tx.correct_lead(lead).await?;
    announce(tx, cause, lead, announcement).await
}

/// Somebody called it off. `reason` is a sentence for people.
pub async fn cancel(tx: &mut Tx, cause: &Cause, lead: &mut Lead, reason: &str) -> Result<(), StoreError> {
    let announcement = lead.cancel(cause.now, reason);
    end(tx, cause, lead, announcement).await
}

/// We gave up. `reason` is a sentence for people.
pub async fn fail(tx: &mut Tx, cause: &Cause, lead: &mut Lead, reason: &str) -> Result<(), StoreError> {
    let announcement = lead.fail(cause.now, reason);
    end(tx, cause, lead, announcement).await
}

/// Ends a grant and everything that hangs on it: at once its tokens, and texting its leads; a job then cancels the live ones, and
/// its webhooks hear of that and of nothing after. False when it had ended before.
pub async fn end_grant(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    grant: &GrantId,
    why: &Revocation,
) -> Result<bool, StoreError> {
    if !tx.revoke_grant(workspace, grant, why).await? {
        return Ok(false);
    }
    let cause = Cause { door: why.door.clone(), now: why.at, trace: why.origin.trace.clone() };
    if tx.call_off_leads(workspace, grant, &CallingOff::all(REVOKED)).await? == 0 {
        tx.delete_webhooks_of_grant(workspace, grant, why.at).await?;
    } else {
        tx.confine_webhooks(workspace, grant).await?;
        plan_calling_off(tx, &cause, workspace, grant).await?;
    }
    Ok(true)
}

/// The same for every live grant of a client or user; says how many there were.
pub async fn end_grants_of(tx: &mut Tx, whose: &GrantsOf, why: &Revocation) -> Result<usize, StoreError> {
    let cause = Cause { door: why.door.clone(), now: why.at, trace: why.origin.trace.clone() };
    let ended = tx.revoke_grants_of(whose, why, &CallingOff::all(REVOKED)).await?;
    for (workspace, grant) in &ended {
        plan_calling_off(tx, &cause, workspace, grant).await?;
    }
    Ok(ended.len())
}

/// Nobody is left to hear the outcome of a grant's leads: nobody is texted for nothing. Those that are sent later are not meant.
pub async fn call_off_leads(
    tx: &mut Tx,
    cause: &Cause,
    workspace: &WorkspaceId,
    grant: &GrantId,
    reason: &'static str,
) -> Result<(), StoreError> {
    let which = CallingOff { before: LeadId::from_unique(&cause.door.unique()), reason };
    if tx.call_off_leads(workspace, grant, &which).await? > 0 {
        plan_calling_off(tx, cause, workspace, grant).await?;
    }
    Ok(())
}

/// Cancels a lead that is called off, for whoever comes across it before its turn; false when it is not.
pub async fn heed_calling_off(tx: &mut Tx, cause: &Cause, lead: &mut Lead) -> Result<bool, StoreError> {
    let Some(reason) = tx.called_off(lead).await? else { return Ok(false) };
    cancel(tx, cause, lead, &reason).await?;
    Ok(true)
}

async fn plan_calling_off(
    tx: &mut Tx,
    cause: &Cause,
    workspace: &WorkspaceId,
    grant: &GrantId,
) -> Result<(), StoreError> {
    let job = Job::CallOffLeads { grant: grant.clone() };
    plan(tx, cause, workspace, job, Place::grant(grant), cause.now).await
}

/// The phone said stop: it is never texted again, and every lead that talks with it or waits for it ends, over all workspaces.
/// `summary` is what their records say.
pub async fn opt_out(
    tx: &mut Tx,
    cause: &Cause,
    phone: &Handset,
    source: &str,
    summary: &str,
) -> Result<(), StoreError> {
    tx.opt_out(phone, source, cause.now).await?;
    for conversation in tx.live_conversations_with(phone).await? {
        if let Some(mut lead) = tx.lead(&conversation.workspace, &conversation.lead).await? {
            close(tx, cause, &mut lead, Outcome::certain(Interest::OptedOut, summary)).await?;
        }
    }
    // Those in line find the opt-out when their turn comes; it comes now.
    for (workspace, lead) in tx.waiting_leads(phone).await? {
        start_conversation(tx, cause, &workspace, &lead).await?;
    }
    Ok(())
}

/// A new conversation's id and row; false when the pair of numbers is taken.
pub async fn open_conversation(
    tx: &mut Tx,
    cause: &Cause,
    lead: &Lead,
    our_number: &str,
    campaign: &Campaign,
    silent_at: Timestamp,
) -> Result<Option<Conversation>, StoreError> {
    let conversation = Conversation {
        id: ConversationId::from_unique(&cause.door.unique()),
        workspace: lead.workspace.clone(),
        lead: lead.id.clone(),
        our_number: our_number.to_owned(),
        campaign: Some(Box::new(campaign.clone())),
        progress: alc_core::conversation::Progress::default(),
        opened_at: cause.now,
        silent_at,
        ended_at: None,
    };
    let opened = tx.insert_conversation(&conversation, &Handset::of(lead)).await?;
    Ok(opened.then_some(conversation))
}

async fn start_conversation(
    tx: &mut Tx,
    cause: &Cause,
    workspace: &WorkspaceId,
    lead: &LeadId,
) -> Result<(), StoreError> {
    let job = Job::StartConversation { lead: lead.clone() };
    plan(tx, cause, workspace, job, Place::conversation(workspace, lead), cause.now).await
}

/// A lead that ended leaves its numbers to the next in line. One that had ended before is left as it is.
async fn end(
    tx: &mut Tx,
    cause: &Cause,
    lead: &Lead,
    announcement: Result<Announcement, LeadEnded>,
) -> Result<(), StoreError> {
    let Ok(announcement) = announcement else { return Ok(()) };
    keep(tx, cause, lead, announcement).await?;
    if let Some(mut conversation) = tx.conversation_of_lead(&lead.workspace, &lead.id).await? {
        conversation.ended_at = Some(cause.now);
        tx.save_conversation(&conversation).await?;
    }
    tx.delete_waiting_lead(&lead.workspace, &lead.id).await?;
    if let Some((workspace, next)) = tx.waiting_leads(&Handset::of(lead)).await?.into_iter().next() {
        start_conversation(tx, cause, &workspace, &next).await?;
    }
    Ok(())
}

async fn keep(tx: &mut Tx, cause: &Cause, lead: &Lead, announcement: Announcement) -> Result<(), StoreError> {
    tx.save_lead(lead).await?;
    announce(tx, cause, lead, announcement).await
}

async fn announce(tx: &mut Tx, cause: &Cause, lead: &Lead, announcement: Announcement) -> Result<(), StoreError> {
    let callback = announcement.clone().into_callback(rfc3339(announcement.at));
    let body = serde_json::to_string(&callback).map_err(|error| StoreError::Database(error.to_string()))?;
    tx.announce(&cause.door, lead, &Printed { announcement, body }, &cause.trace).await
}

async fn plan(
    tx: &mut Tx,
    cause: &Cause,
    workspace: &WorkspaceId,
    job: Job,
    place: Place,
    run_at: Timestamp,
) -> Result<(), StoreError> {
    let planned = Planned { workspace: workspace.clone(), job, place, run_at, trace: cause.trace.clone() };
    tx.enqueue(&cause.door, &planned).await
}
