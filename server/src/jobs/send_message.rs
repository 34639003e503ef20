//! Hands one message to the gateway, once.
//!
//! Gateways know no idempotency key, so: note that we are sending, send, note the answer. Whoever finds a message noted as
//! sending (after a crash, a lost answer) asks the gateway first what it remembers: found, it is recorded; surely absent, it is
//! sent; unclear, it is left `unconfirmed` for the operator and never sent again.

use alc_core::conversation::{ASKED_TO_STOP, patience_s};
use alc_core::id::MessageId;
use alc_core::lead::{Lead, Stage};
use alc_core::outcome::{Interest, Outcome};
use alc_core::time::Timestamp;

use super::{JobError, cause};
use crate::app::App;
use crate::conduct::Disturbed;
use crate::connectors::causes::summary_of;
use crate::connectors::sms::{Gateway, NotTaken, Outgoing, Report};
use crate::fail_point::FailPoint;
use crate::moves::{self, Cause};
use crate::store::conversations::Conversation;
use crate::store::handsets::Handset;
use crate::store::holds::{HeldFor, Hold};
use crate::store::jobs::Claimed;
use crate::store::messages::{Message, MessageState};
use crate::store::tallies::{Caps, Counted, tomorrow};
use crate::store::{StoreError, Tx};

/// What there is to know before sending.
#[derive(Clone)]
struct Facts {
    message: Message,
    conversation: Box<Conversation>,
    lead: Lead,
    has_opted_out: bool,
}

/// How sending ended.
enum End {
    Taken {
        gateway_id: String,
        state: MessageState,
        segments: Option<i64>,
    },
    OptedOut {
        code: String,
    },
    Unreachable {
        code: String,
    },
    Refused {
        code: String,
    },
    Unconfirmed,
    /// It must not be sent any more.
    Withheld,
    /// It must not be sent yet.
    Held(Hold),
    /// It would begin a conversation that nobody pays for.
    BudgetIsSpent,
    /// A report of the gateway was quicker than we.
    Reported,
}

pub async fn perform(app: &App, claimed: &Claimed, message: &MessageId) -> Result<(), JobError> {
    FailPoint::SendClaimed.reached();
    let (workspace, id) = (claimed.workspace.clone(), message.clone());
    let facts = app.store.read(async move |tx| facts(tx, &workspace, &id).await).await?;
    let Some(facts) = facts else { return record(app, claimed, None, End::Withheld).await };
    let end = match facts.message.state {
        MessageState::Planned if facts.may_be_sent() => send(app, claimed, &facts).await?,
        MessageState::Planned => End::Withheld,
        MessageState::Sending => match recall(app, &facts).await? {
            Recalled::Found(gateway_id) => End::Taken { gateway_id, state: MessageState::Sent, segments: None },
            Recalled::Absent if facts.may_be_sent() => send(app, claimed, &facts).await?,
            Recalled::Absent => End::Withheld,
            Recalled::Unclear => End::Unconfirmed,
        },
        _ => End::Reported,
    };
    record(app, claimed, Some(facts), end).await
}

/// After the last try the lead must not wait for us.
pub async fn give_up(tx: &mut Tx, cause: &Cause, claimed: &Claimed, message: &MessageId) -> Result<(), StoreError> {
    let Some(Facts { lead, .. }) = facts(tx, &claimed.workspace, message).await? else { return Ok(()) };
    tx.lock_phone(&lead.phone).await?;
    // Read again behind the lock: a report, or the lead's end, may just have come.
    let Some(Facts { message, mut lead, .. }) = facts(tx, &claimed.workspace, message).await? else { return Ok(()) };
    let state = if message.state == MessageState::Sending { MessageState::Unconfirmed } else { MessageState::Failed };
    if message.state.may_become(state) {
        tx.save_message_state(&message, state, None, Some("gave_up"), cause.now).await?;
    }
    moves::fail(tx, cause, &mut lead, "The SMS gateway could not be reached. Send the person again later.").await
}

impl Facts {
    /// A farewell may follow the end of a conversation; nothing follows an opt-out or a cancellation.
    fn may_be_sent(&self) -> bool {
        !self.has_opted_out && (self.lead.is_live() || self.lead.stage.outcome().is_some())
    }
}

async fn facts(
    tx: &mut Tx,
    workspace: &alc_core::id::WorkspaceId,
    id: &MessageId,
) -> Result<Option<Facts>, StoreError> {
    let Some(message) = tx.message(workspace, id).await? else { return Ok(None) };
    let Some(conversation) = tx.conversation(workspace, &message.conversation).await?.map(Box::new) else {
        return Ok(None);
    };
    let Some(lead) = tx.lead(workspace, &message.lead).await? else { return Ok(None) };
    let has_opted_out = tx.has_opted_out(&Handset::of(&lead)).await?;
    Ok(Some(Facts { message, conversation, lead, has_opted_out }))
}

/// What is noted just before the gateway is asked.
enum Marked {
    Sending,
    /// The lead is called off.
    Withheld,
    Held(Hold),
    BudgetIsSpent,
    /// A report of the gateway was quicker than we.
    Reported,
}

async fn send(app: &App, claimed: &Claimed, facts: &Facts) -> Result<End, JobError> {
    if let Some(hold) = hold(app, facts).await? {
        return Ok(End::Held(hold));
    }
    let (message, lead, claimed, now) = (facts.message.clone(), facts.lead.clone(), claimed.clone(), app.now());
    let (until, caps) = (now.plus_millis(app.settings.jobs.lease_ms), app.settings.conduct.caps());
    let marked = app
        .store
        .write(async move |tx| {
            // Whoever was away for longer than the lease must not send what another may have sent since.
            tx.hold_lease(&claimed, until).await?;
            if lead.is_live() && tx.called_off(&lead).await?.is_some() {
                return Ok(Marked::Withheld);
            }
            match count(tx, &message, &lead, caps, now).await? {
                Counted::Yes => {}
                Counted::PhoneIsFull => {
                    return Ok(Marked::Held(Hold { until: tomorrow(now), reason: HeldFor::TextsToPhone }));
                }
                Counted::WorkspaceIsFull => {
                    return Ok(Marked::Held(Hold { until: tomorrow(now), reason: HeldFor::TextsOfWorkspace }));
                }
                Counted::BudgetIsSpent => return Ok(Marked::BudgetIsSpent),
            }
            Ok(if tx.mark_sending(&message, now).await? { Marked::Sending } else { Marked::Reported })
        })
        .await?;
    match marked {
        Marked::Sending => {}
        Marked::Withheld => return Ok(End::Withheld),
        Marked::Held(hold) => return Ok(End::Held(hold)),
        Marked::BudgetIsSpent => return Ok(End::BudgetIsSpent),
        Marked::Reported => return Ok(End::Reported),
    }
    FailPoint::SendNoted.reached();
    let status_callback = format!("{}/sms/twilio/status/{}", app.public_url, facts.message.id);
    let message = Outgoing {
        id: &facts.message.id,
        from: &facts.conversation.our_number,
        to: &facts.lead.phone,
        body: &facts.message.body,
        status_callback: &status_callback,
    };
    match Gateway::of(&facts.lead, &app.settings.sms, &app.outbound).send(message).await {
        Ok(taken) => {
            FailPoint::SendTaken.reached();
            let state = match taken.report {
                Report::Delivered => MessageState::Delivered,
                _ => MessageState::Sent,
            };
            Ok(End::Taken { gateway_id: taken.gateway_id, state, segments: taken.segments })
        }
        Err(NotTaken::OptedOut { code }) => Ok(End::OptedOut { code }),
        Err(NotTaken::Unreachable { code }) => Ok(End::Unreachable { code }),
        Err(NotTaken::Refused { code }) => Ok(End::Refused { code }),
        Err(not_now @ NotTaken::NotNow(_)) => {
            let (message, now) = (facts.message.clone(), app.now());
            app.store.write(async move |tx| tx.unmark_sending(&message, now).await).await?;
            Err(JobError::Retry(not_now.to_string()))
        }
        Err(unknown @ NotTaken::Unknown(_)) => Err(JobError::Retry(unknown.to_string())),
    }
}

/// A sandbox sends nothing, so nothing is counted.
async fn count(tx: &mut Tx, message: &Message, lead: &Lead, caps: Caps, now: Timestamp) -> Result<Counted, StoreError> {
    if lead.is_test {
        return Ok(Counted::Yes);
    }
    let begins = matches!(lead.stage, Stage::Accepted | Stage::Queued);
    tx.count_text(message, &Handset::of(lead), begins, caps, now).await
}

/// What keeps it from going out now. On the page of a sandbox nobody is woken up.
async fn hold(app: &App, facts: &Facts) -> Result<Option<Hold>, StoreError> {
    let conduct = &app.settings.conduct;
    if facts.lead.is_test || !conduct.quiet_hours {
        return Ok(None);
    }
    let (workspace, conversation) = (facts.lead.workspace.clone(), facts.conversation.id.clone());
    let (home, heard_at) = app
        .store
        .read(async move |tx| {
            let home = tx.workspace(&workspace).await?.and_then(|workspace| workspace.default_region);
            Ok((home, tx.heard_at(&workspace, &conversation).await?))
        })
        .await?;
    Ok(conduct.quiet_until(&Disturbed { phone: facts.lead.phone.clone(), home, heard_at }, app.now()))
}

enum Recalled {
    Found(String),
    Absent,
    Unclear,
}

/// Asks the gateway whether it has this message already.
async fn recall(app: &App, facts: &Facts) -> Result<Recalled, JobError> {
    let sending_at = facts.message.sending_at.unwrap_or(facts.message.created_at);
    let Gateway::Twilio(gateway) = Gateway::of(&facts.lead, &app.settings.sms, &app.outbound) else {
        // Handed over again, it is the same message.
        return Ok(Recalled::Absent);
    };
    let since = sending_at.plus_millis(-app.settings.sms.clocks_differ_s * 1000);
    let sent = gateway.outbox(&facts.conversation.our_number, &facts.lead.phone, since).await;
    let (mut ours, mut others) = (Vec::new(), 0);
    for found in sent.map_err(JobError::Retry)? {
        // Over all workspaces: another may have said the same words between the same numbers.
        let gateway_id = found.gateway_id.clone();
        if app.store.read(async move |tx| tx.is_known_message(&gateway_id).await).await? {
            continue;
        }
        if found.body == facts.message.body {
            ours.push(found.gateway_id);
        } else {
            // Ours in other words (gateways may rewrite what they send), or somebody else's on the same account.
            others += 1;
        }
    }
    match (ours.len(), others) {
        (1, _) => Ok(Recalled::Found(ours.remove(0))),
        (0, 0) => {
            // The gateway may still be busy with a request whose answer we did not wait for.
            let settled_at =
                sending_at.plus_millis(i64::try_from(app.settings.sms.unknown_wait_ms).unwrap_or(i64::MAX));
            if app.now() < settled_at {
                return Err(JobError::Retry(
                    "the gateway does not list the message yet; asking again before sending".into(),
                ));
            }
            Ok(Recalled::Absent)
        }
        _ => Ok(Recalled::Unclear),
    }
}

/// It comes back when it may be sent; until then, and for as long as usual after, nobody takes the lead for silent.
async fn put_off(app: &App, claimed: &Claimed, facts: &Facts, hold: Hold) -> Result<(), JobError> {
    let (claimed, now, message, lead) = (claimed.clone(), app.now(), facts.message.clone(), facts.lead.clone());
    let silent_at = hold.until.plus_millis(patience_ms(app, facts));
    app.store
        .write(async move |tx| {
            tx.postpone_job(&claimed, hold.until).await?;
            tx.lock_phone(&lead.phone).await?;
            tx.hold_message(&message, &hold, now).await?;
            tx.put_off_silence(&message.workspace, &message.conversation, silent_at).await
        })
        .await?;
    Ok(())
}

/// How long the lead may be silent once it has the message.
fn patience_ms(app: &App, facts: &Facts) -> i64 {
    let campaign = facts.conversation.campaign.as_deref().unwrap_or(&app.settings.campaign);
    patience_s(campaign, &facts.conversation.progress, app.settings.conversation.silence_s) * 1000
}

async fn record(app: &App, claimed: &Claimed, facts: Option<Facts>, end: End) -> Result<(), JobError> {
    if let (End::Held(hold), Some(facts)) = (&end, &facts) {
        return put_off(app, claimed, facts, *hold).await;
    }
    let patience_ms = facts.as_ref().map_or(0, |facts| patience_ms(app, facts));
    let (claimed, cause) = (claimed.clone(), cause(app, claimed));
    let end = std::sync::Arc::new(end);
    app.store
        .write(async move |tx| {
            tx.finish_job(&claimed).await?;
            let Some(Facts { message, lead, .. }) = facts.clone() else { return Ok(()) };
            tx.lock_phone(&lead.phone).await?;
            // Reports may have come while we waited for the answer: read again.
            let Some(message) = tx.message(&message.workspace, &message.id).await? else { return Ok(()) };
            let Some(mut lead) = tx.lead(&lead.workspace, &lead.id).await? else { return Ok(()) };
            let (state, gateway_id, code) = match &*end {
                End::Taken { gateway_id, state, .. } => (*state, Some(gateway_id.as_str()), None),
                End::OptedOut { code } | End::Unreachable { code } | End::Refused { code } => (MessageState::Failed, None, Some(code.as_str())),
                End::Unconfirmed => (MessageState::Unconfirmed, None, Some("unconfirmed")),
                End::Withheld => (MessageState::Failed, None, Some("withheld")),
                End::BudgetIsSpent => (MessageState::Failed, None, Some("budget_spent")),
                End::Reported | End::Held(_) => return Ok(()),
            };
            if message.state.may_become(state) {
                tx.save_message_state(&message, state, gateway_id, code, cause.now).await?;
            }
            match &*end {
                End::Taken { segments, .. } => {
                    if let Some(segments) = segments {
                        tx.note_segments(&message, *segments).await?;
                    }
                    // Who has it only now has been silent from now on.
                    let silent_at = cause.now.plus_millis(patience_ms);
                    tx.put_off_silence(&message.workspace, &message.conversation, silent_at).await?;
                    moves::contacted(tx, &cause, &mut lead).await
                }
                End::OptedOut { .. } => {
                    moves::opt_out(tx, &cause, &Handset::of(&lead), "gateway", ASKED_TO_STOP).await
                }
                End::Unreachable { code } => {
                    let outcome = Outcome::certain(Interest::Unreachable, summary_of(code));
                    moves::close(tx, &cause, &mut lead, outcome).await
                }
                End::Refused { code } => {
                    let why = summary_of(code);
                    let reason = format!("The SMS gateway refused the message (code {code}). {why} Check that, then send the person again.");
                    moves::fail(tx, &cause, &mut lead, &reason).await
                }
                End::Unconfirmed => {
                    let reason = "It is unclear whether the message went out; it is not sent twice. Ask the operator.";
                    moves::fail(tx, &cause, &mut lead, reason).await
                }
                End::BudgetIsSpent => {
                    let reason = "The workspace's SMS budget for this month is spent. Raise it, or send the person again next month.";
                    moves::fail(tx, &cause, &mut lead, reason).await
                }
                End::Withheld | End::Reported | End::Held(_) => Ok(()),
            }
        })
        .await?;
    Ok(())
}
