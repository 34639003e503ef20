//! Messages: every SMS in or out, and how far it got.

use alc_core::id::{ConversationId, LeadId, MessageId, WorkspaceId};
use alc_core::segments;
use alc_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Row, StoreError, Tx};
use crate::params;

/// How far a message got. Only `Planned` may be sent without asking the gateway first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    Planned,
    /// Handed to the gateway; the answer is not recorded yet.
    Sending,
    Sent,
    Delivered,
    Undelivered,
    Failed,
    /// Nobody can say whether it went out: not sent again, shown to the operator.
    Unconfirmed,
    Received,
}

impl MessageState {
    const ALL: [Self; 8] = [
        Self::Planned,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Undelivered,
        Self::Failed,
        Self::Unconfirmed,
        Self::Received,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Unconfirmed => "unconfirmed",
            Self::Received => "received",
        }
    }

    /// Whether a report may move a message from `self` to `next`: reports come twice and out of order.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Planned | Self::Sending | Self::Unconfirmed => !matches!(next, Self::Planned | Self::Received),
            Self::Sent => matches!(next, Self::Delivered | Self::Undelivered | Self::Failed),
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Received => false,
        }
    }
}

/// One SMS.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: MessageId,
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    pub lead: LeadId,
    pub body: String,
    pub state: MessageState,
    pub gateway_id: Option<String>,
    pub created_at: Timestamp,
    /// When the gateway was given it, or for one that came in, when the gateway had it.
    pub sending_at: Option<Timestamp>,
    /// The gateway's, or a word of ours: why it did not arrive.
    pub error_code: Option<String>,
}

const COLUMNS: &str =
    "id, workspace, conversation_id, lead_id, body, state, gateway_id, created_at, sending_at, error_code";

impl Tx {
    /// False when the gateway told us of this message before.
    pub async fn insert_message(&mut self, message: &Message) -> Result<bool, StoreError> {
        let body = self.vault().seal("messages.body", message.id.as_str(), &message.body);
        let direction = if message.state == MessageState::Received { "in" } else { "out" };
        let inserted = self
            .exec(
                "INSERT INTO messages (id, workspace, conversation_id, lead_id, direction, body, state, gateway_id, created_at, updated_at, sending_at, segments)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11) ON CONFLICT (gateway_id) DO NOTHING",
                params![
                    message.id.as_str(),
                    message.workspace.as_str(),
                    message.conversation.as_str(),
                    message.lead.as_str(),
                    direction,
                    body,
                    message.state.as_str(),
                    message.gateway_id.as_deref(),
                    message.created_at.as_millis(),
                    message.sending_at.map(Timestamp::as_millis),
                    i64::from(segments::size(&message.body).segments),
                ],
            )
            .await?;
        Ok(inserted == 1)
    }

    pub async fn message(&mut self, workspace: &WorkspaceId, id: &MessageId) -> Result<Option<Message>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM messages WHERE workspace = $1 AND id = $2"),
            params![workspace.as_str(), id.as_str()],
            read_message,
        )
        .await
    }

    /// The gateway's reports name only the message: its workspace is found here.
    pub async fn reported_message(&mut self, id: &MessageId) -> Result<Option<Message>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM messages WHERE id = $1 AND workspace IS NOT NULL"),
            params![id.as_str()],
            read_message,
        )
        .await
    }

    /// Whether an inbound SMS was taken in before, by any workspace or by none.
    pub async fn is_known_message(&mut self, gateway_id: &str) -> Result<bool, StoreError> {
        let sql = "SELECT workspace FROM messages WHERE gateway_id = $1
             UNION ALL SELECT '' FROM stray_messages WHERE gateway_id = $1";
        Ok(!self.all(sql, params![gateway_id], |_| Ok(())).await?.is_empty())
    }

    /// What was said to a lead and by it, in order of time; empty before its conversation has begun.
    pub async fn messages_of_lead(
        &mut self,
        workspace: &WorkspaceId,
        lead: &LeadId,
    ) -> Result<Vec<Message>, StoreError> {
        let columns = COLUMNS.split(", ").map(|column| format!("m.{column}")).collect::<Vec<_>>().join(", ");
        self.all(
            &format!(
                "SELECT {columns} FROM conversations c JOIN messages m ON m.conversation_id = c.id
                 WHERE c.workspace = $1 AND c.lead_id = $2 AND m.workspace = $1 ORDER BY m.id"
            ),
            params![workspace.as_str(), lead.as_str()],
            read_message,
        )
        .await
    }

    /// Notes that the gateway is being asked now, before it is: after a crash we know to look before we send. False when a report
    /// has told meanwhile that the gateway has the message.
    pub async fn mark_sending(&mut self, message: &Message, now: Timestamp) -> Result<bool, StoreError> {
        let marked = self
            .exec(
                "UPDATE messages SET state = 'sending', sending_at = $3, updated_at = $3, held_until = NULL, held_for = NULL
                 WHERE workspace = $1 AND id = $2 AND state IN ('planned', 'sending')",
                params![message.workspace.as_str(), message.id.as_str(), now.as_millis()],
            )
            .await?;
        Ok(marked == 1)
    }

    /// The gateway surely has not taken it: the next try need not look for it.
    pub async fn unmark_sending(&mut self, message: &Message, now: Timestamp) -> Result<(), StoreError> {
        self.exec(
            "UPDATE messages SET state = 'planned', updated_at = $3 WHERE workspace = $1 AND id = $2 AND state = 'sending'",
            params![message.workspace.as_str(), message.id.as_str(), now.as_millis()],
        )
        .await?;
        Ok(())
    }

    /// When the lead last said something, by the gateway's clock.
    pub async fn heard_at(
        &mut self,
        workspace: &WorkspaceId,
        conversation: &ConversationId,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.one(
            "SELECT COALESCE(sending_at, created_at) FROM messages
             WHERE workspace = $1 AND conversation_id = $2 AND direction = 'in' ORDER BY id DESC LIMIT 1",
            params![workspace.as_str(), conversation.as_str()],
            |row| Ok(Timestamp::from_millis(row.int(0)?)),
        )
        .await
    }

    /// The gateway counts otherwise than we, and it is the one that sends the bill.
    pub async fn note_segments(&mut self, message: &Message, segments: i64) -> Result<(), StoreError> {
        let sql = "UPDATE messages SET segments = $3 WHERE workspace = $1 AND id = $2";
        self.exec(sql, params![message.workspace.as_str(), message.id.as_str(), segments]).await.map(drop)
    }

    pub async fn save_message_state(
        &mut self,
        message: &Message,
        state: MessageState,
        gateway_id: Option<&str>,
        error_code: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE messages SET state = $3, gateway_id = COALESCE($4, gateway_id), error_code = COALESCE($5, error_code), updated_at = $6
             WHERE workspace = $1 AND id = $2",
            params![message.workspace.as_str(), message.id.as_str(), state.as_str(), gateway_id, error_code, now.as_millis()],
        )
        .await?;
        Ok(())
    }
}

fn read_message(row: &Row<'_>) -> Result<Message, StoreError> {
    let id = row.text(0)?;
    let state = row.text(5)?;
    Ok(Message {
        workspace: row.text(1)?.into(),
        conversation: row.text(2)?.into(),
        lead: row.text(3)?.into(),
        body: row.sealed(4, "messages.body", &id)?,
        state: MessageState::ALL
            .into_iter()
            .find(|known| known.as_str() == state)
            .ok_or_else(|| row.misfit(5, "is no state of a message"))?,
        gateway_id: row.opt_text(6)?,
        created_at: Timestamp::from_millis(row.int(7)?),
        sending_at: row.opt_int(8)?.map(Timestamp::from_millis),
        error_code: row.opt_text(9)?,
        id: id.into(),
    })
}
