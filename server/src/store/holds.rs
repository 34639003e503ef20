//! Texts that wait: until when and why. The job that sends them is put off in the same commit.

use alc_core::id::{LeadId, WorkspaceId};
use alc_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::messages::Message;
use super::{StoreError, Tx};
use crate::params;

/// Why a text waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldFor {
    /// It is night, or a day on which nobody is texted, where the person may be.
    QuietHours,
    /// The phone has had its texts of this day.
    TextsToPhone,
    /// So has the workspace sent its own.
    TextsOfWorkspace,
}

impl HeldFor {
    pub const ALL: [Self; 3] = [Self::QuietHours, Self::TextsToPhone, Self::TextsOfWorkspace];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QuietHours => "quiet_hours",
            Self::TextsToPhone => "texts_to_phone",
            Self::TextsOfWorkspace => "texts_of_workspace",
        }
    }
}

/// What keeps a text from going out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    pub until: Timestamp,
    pub reason: HeldFor,
}

impl Tx {
    /// It waits: the lead's page says until when and why.
    pub async fn hold_message(&mut self, message: &Message, hold: &Hold, now: Timestamp) -> Result<(), StoreError> {
        self.exec(
            "UPDATE messages SET state = 'planned', held_until = $3, held_for = $4, updated_at = $5
             WHERE workspace = $1 AND id = $2 AND state IN ('planned', 'sending')",
            params![
                message.workspace.as_str(),
                message.id.as_str(),
                hold.until.as_millis(),
                hold.reason.as_str(),
                now.as_millis()
            ],
        )
        .await?;
        Ok(())
    }

    /// What the next text to a lead waits for, if it waits.
    pub async fn hold_of_lead(&mut self, workspace: &WorkspaceId, lead: &LeadId) -> Result<Option<Hold>, StoreError> {
        self.one(
            "SELECT m.held_until, m.held_for FROM conversations c JOIN messages m ON m.conversation_id = c.id
             WHERE c.workspace = $1 AND c.lead_id = $2 AND c.ended_at IS NULL
               AND m.workspace = $1 AND m.state = 'planned' AND m.held_until IS NOT NULL ORDER BY m.id LIMIT 1",
            params![workspace.as_str(), lead.as_str()],
            |row| {
                let word = row.text(1)?;
                let reason = HeldFor::ALL.into_iter().find(|known| known.as_str() == word);
                let reason = reason.ok_or_else(|| row.misfit(1, "is nothing that a text waits for"))?;
                Ok(Hold { until: Timestamp::from_millis(row.int(0)?), reason })
            },
        )
        .await
    }
}
