//! Places where a crash would hurt most. In a build with the feature `fail-points`, the process kills itself at the one that the
//! variable `ALC_FAIL_POINT` names; in any other build there is nothing here to reach.

/// A place between two effects of which one has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailPoint {
    /// The lead is kept; who sent it has no answer yet.
    LeadCommitted,
    /// A message's job is claimed; nothing is noted or sent.
    SendClaimed,
    /// It is noted that the message is being sent; the gateway has not heard of it.
    SendNoted,
    /// The gateway took the message; we have not kept that.
    SendTaken,
    /// A reply is here; nothing of it is kept.
    InboundReceived,
    /// The reply is kept; the gateway has no answer yet.
    InboundCommitted,
    /// A delivery's job is claimed; the endpoint has not heard of it.
    DeliveryClaimed,
    /// The endpoint answered; we have not kept that.
    DeliverySent,
    /// Some leads of a grant that ended are cancelled; the rest are not.
    LeadsCalledOff,
    /// An inbox was read in part; how far is kept.
    InboxReadInPart,
    /// An authorization code is used; the client has no tokens yet.
    CodeUsed,
}

impl FailPoint {
    #[cfg(not(feature = "fail-points"))]
    #[expect(clippy::unused_self, reason = "nothing happens here, except in tests")]
    pub const fn reached(self) {}

    /// As if the machine had lost power: nothing is flushed, closed or said.
    #[cfg(feature = "fail-points")]
    pub fn reached(self) {
        use nix::sys::signal::{Signal, kill};
        use nix::unistd::Pid;

        if std::env::var("ALC_FAIL_POINT").is_ok_and(|wanted| wanted == format!("{self:?}")) {
            kill(Pid::this(), Signal::SIGKILL).expect("a process may kill itself");
        }
    }
}
