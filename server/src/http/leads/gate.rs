//! Whether a workspace may send people at all now: somebody stands for their consent, and there are segments left to text them with.

use alc_core::id::WorkspaceId;
use alc_core::time::Timestamp;

use crate::store::workspaces::Mode;
use crate::store::{StoreError, Tx};

/// Why the gate is closed, as the problem that says so.
#[derive(Debug, Clone, Copy)]
pub struct Closed {
    pub code: &'static str,
    pub detail: &'static str,
}

impl From<Closed> for StoreError {
    fn from(closed: Closed) -> Self {
        Self::refused(closed.code, closed.detail)
    }
}

const UNCONFIRMED: Closed = Closed {
    code: "consent_unconfirmed",
    detail: "Nobody has confirmed that this workspace may text the people it sends. Send PUT /api/v1/workspace/consent \
             with a name, or run `alc workspace confirm`.",
};

const SPENT: Closed = Closed {
    code: "budget_spent",
    detail: "The workspace's SMS budget for this month is spent. Raise it (`alc workspace budget`), or send the person \
             again next month.",
};

/// A sandbox texts nobody, so nobody need be asked and nothing is spent.
pub async fn closed(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    mode: Mode,
    consent_required: bool,
    now: Timestamp,
) -> Result<Option<Closed>, StoreError> {
    if mode == Mode::Test {
        return Ok(None);
    }
    if consent_required && tx.confirmed_consent(workspace).await?.is_none() {
        return Ok(Some(UNCONFIRMED));
    }
    Ok(tx.budget(workspace, now).await?.is_spent().then_some(SPENT))
}
