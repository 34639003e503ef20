//! The phones of a workspace in test mode: messages to them arrive at once, because they never leave the house. The page of
//! `http::sandbox` shows them.

use alc_core::id::{MessageId, WorkspaceId};

use super::sms::{Report, Taken};

/// The number that a sandbox texts from: its own, and none that any phone could have.
pub fn number(workspace: &WorkspaceId) -> String {
    format!("sandbox/{workspace}")
}

/// The same message handed over again is the same message.
pub fn take(message: &MessageId) -> Taken {
    Taken { gateway_id: format!("sandbox/{message}"), report: Report::Delivered, segments: None }
}
