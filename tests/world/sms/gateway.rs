//! What the gateway knows and does: messages, who has opted out, which phones are off, and the work still in flight.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use uuid::Uuid;

use super::{
    errors::SmsError,
    message::{Direction, Message, MessageStatus},
    number::PhoneText,
    outgoing::Outgoing,
};
use crate::clock::Clock;

/// A carrier answers for a phone that is off or out of reach.
const UNREACHABLE: u32 = 30003;

#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) account_sid: Arc<str>,
    pub(crate) auth_token: Arc<str>,
    pub(crate) outgoing: Outgoing,
    numbers: Arc<[String]>,
    takes_opt_outs: bool,
    clock: Clock,
    state: Arc<Mutex<State>>,
    /// How many callbacks and deliveries are still to be done.
    pending: watch::Sender<usize>,
}

struct State {
    messages: Vec<Message>,
    opted_out: HashSet<(String, String)>,
    unreachable: HashSet<String>,
    /// Phones, and the code with which messages to them are refused.
    refused: HashMap<String, u32>,
    inbound_url: Option<String>,
    muted: bool,
    is_slow: bool,
    run: Uuid,
}

/// What a client asks to be sent, with every parameter checked.
pub(crate) struct Draft {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) body: String,
    pub(crate) status_callback: Option<String>,
}

impl Gateway {
    pub(crate) fn new(options: &super::SmsOptions) -> Self {
        let run = Uuid::new_v5(&Uuid::NAMESPACE_OID, options.clock.now().to_string().as_bytes());
        let state = State {
            messages: Vec::new(),
            opted_out: HashSet::new(),
            unreachable: HashSet::new(),
            refused: HashMap::new(),
            inbound_url: options.inbound_url.clone(),
            muted: false,
            is_slow: false,
            run,
        };
        Self {
            account_sid: options.account_sid.as_str().into(),
            auth_token: options.auth_token.as_str().into(),
            outgoing: Outgoing::new(&options.auth_token),
            numbers: options.numbers.clone().into(),
            takes_opt_outs: options.takes_opt_outs,
            clock: options.clock.clone(),
            state: Arc::new(Mutex::new(state)),
            pending: watch::Sender::new(0),
        }
    }

    /// Takes the message in. What becomes of it does not wait for the answer: a callback may well arrive before it.
    pub(crate) fn accept(&self, draft: Draft) -> Result<Message, SmsError> {
        if !self.numbers.is_empty() && !self.numbers.contains(&draft.from) {
            return Err(SmsError::from_not_ours(&draft.from));
        }
        let mut state = self.state();
        if state.opted_out.contains(&(draft.from.clone(), draft.to.clone())) {
            return Err(SmsError::opted_out());
        }
        if let Some(code) = state.refused.get(&draft.to) {
            return Err(SmsError::as_told(*code));
        }
        let message = self.store(&mut state, Direction::OutboundApi, MessageStatus::Queued, &draft);
        drop(state);

        self.pending.send_modify(|pending| *pending += 1);
        let gateway = self.clone();
        let sid = message.sid.clone();
        tokio::spawn(async move { gateway.deliver(&sid, draft.status_callback.as_deref()).await });
        Ok(message)
    }

    /// Sent, then delivered or not; each step is told before the next is taken.
    async fn deliver(self, sid: &str, status_callback: Option<&str>) {
        let _done = PendingWork(&self.pending);
        if self.state().is_slow {
            return;
        }
        for step in 0..2 {
            let Some(message) = self.advance(sid, step) else { return };
            if let Some(url) = status_callback.filter(|_| !self.state().muted) {
                self.outgoing.tell_status(&self.account_sid, &message, url).await;
            }
        }
    }

    fn advance(&self, sid: &str, step: u8) -> Option<Message> {
        let now = self.clock.now();
        let mut state = self.state();
        let unreachable = state.unreachable.clone();
        let message = state.messages.iter_mut().find(|message| message.sid == sid)?;
        message.updated_at = now;
        if step == 0 {
            message.status = MessageStatus::Sent;
            message.sent_at = Some(now);
        } else if unreachable.contains(&message.to) {
            message.status = MessageStatus::Undelivered;
            message.error_code = Some(UNREACHABLE);
        } else {
            message.status = MessageStatus::Delivered;
        }
        Some(message.clone())
    }

    /// A person answers: the message is stored, then brought to the service. The answer is the status the service gave.
    pub(crate) async fn reply(&self, phone: &str, to: Option<String>, body: &str) -> Result<u16, ReplyError> {
        let (message, url) = {
            let mut state = self.state();
            let last = state.messages.iter().rev();
            let texted_by = || {
                let mut texts = last.filter(|message| message.direction == Direction::OutboundApi);
                texts.find(|message| message.to == phone).map(|message| message.from.clone())
            };
            let to = to.or_else(texted_by).ok_or(ReplyError::NeverTexted)?;
            let url = state.inbound_url.clone().ok_or(ReplyError::NoInboundUrl)?;
            if self.takes_opt_outs {
                heed(&mut state.opted_out, (to.clone(), phone.to_owned()), body);
            }
            let draft = Draft { from: phone.to_owned(), to, body: body.to_owned(), status_callback: None };
            (self.store(&mut state, Direction::Inbound, MessageStatus::Received, &draft), url)
        };
        self.pending.send_modify(|pending| *pending += 1);
        let _done = PendingWork(&self.pending);
        self.outgoing.bring_inbound(&self.account_sid, &message, &url).await.map_err(ReplyError::Unanswered)
    }

    fn store(&self, state: &mut State, direction: Direction, status: MessageStatus, draft: &Draft) -> Message {
        let now = self.clock.now();
        let sid = Uuid::new_v5(&state.run, &state.messages.len().to_be_bytes());
        let message = Message {
            sid: format!("SM{}", sid.simple()),
            direction,
            from: draft.from.clone(),
            to: draft.to.clone(),
            body: draft.body.clone(),
            status,
            error_code: None,
            created_at: now,
            updated_at: now,
            sent_at: (direction == Direction::Inbound).then_some(now),
        };
        state.messages.push(message.clone());
        message
    }

    /// Oldest first.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.state().messages.clone()
    }

    pub(crate) fn set_inbound(&self, url: String) {
        self.state().inbound_url = Some(url);
    }

    pub(crate) fn mute(&self, muted: bool) {
        self.state().muted = muted;
    }

    pub(crate) fn be_slow(&self) {
        self.state().is_slow = true;
    }

    pub(crate) fn make_unreachable(&self, phone: &PhoneText) {
        self.state().unreachable.insert(phone.to_string());
    }

    pub(crate) fn refuse(&self, phone: &PhoneText, code: u32) {
        self.state().refused.insert(phone.to_string(), code);
    }

    pub(crate) fn opt_out(&self, from: String, phone: &PhoneText) {
        self.state().opted_out.insert((from, phone.to_string()));
    }

    /// Until nothing is in flight any more.
    pub(crate) async fn idle(&self) {
        let mut pending = self.pending.subscribe();
        // The sender is in `self`, so the channel cannot close while we wait.
        let _ = pending.wait_for(|pending| *pending == 0).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a reply did not reach the service.
#[derive(Debug)]
pub enum ReplyError {
    NeverTexted,
    NoInboundUrl,
    Unanswered(String),
}

impl std::fmt::Display for ReplyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NeverTexted => f.write_str("nobody has texted this phone yet; name the number to reply to in `to`"),
            Self::NoInboundUrl => f.write_str("nobody takes replies in yet; set the URL with PUT /_inbound"),
            Self::Unanswered(cause) => write!(f, "the service did not take the reply in: {cause}"),
        }
    }
}

impl std::error::Error for ReplyError {}

/// Counts a piece of work as done, however it ends.
struct PendingWork<'a>(&'a watch::Sender<usize>);

impl Drop for PendingWork<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|pending| *pending -= 1);
    }
}

/// The keywords for which the gateway blocks a sender, or lets it in again.
fn heed(opted_out: &mut HashSet<(String, String)>, pair: (String, String), body: &str) {
    match body.trim().to_uppercase().as_str() {
        "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" | "REVOKE" | "OPTOUT" => {
            opted_out.insert(pair);
        }
        "START" | "UNSTOP" | "YES" => {
            opted_out.remove(&pair);
        }
        _ => {}
    }
}
