//! Conversations: which lead talks on which pair of numbers, and how far it got.

use alc_core::campaign::Campaign;
use alc_core::conversation::Progress;
use alc_core::id::{ConversationId, LeadId, WorkspaceId};
use alc_core::time::Timestamp;

use super::campaigns::print_campaign;
use super::handsets::Handset;
use super::{Row, StoreError, Tx};
use crate::params;

/// The SMS exchange with one lead.
#[derive(Debug, Clone)]
pub struct Conversation {
    pub id: ConversationId,
    pub workspace: WorkspaceId,
    pub lead: LeadId,
    pub our_number: String,
    /// As it was when the conversation began; none in one that an earlier version began, with the campaign of the settings.
    pub campaign: Option<Box<Campaign>>,
    pub progress: Progress,
    pub opened_at: Timestamp,
    /// When silence is heard.
    pub silent_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, workspace, lead_id, our_number, progress, silent_at, ended_at, created_at, campaign";

impl Tx {
    /// Everything decided about one phone happens one after the other; its namesakes in sandboxes wait as well.
    pub async fn lock_phone(&mut self, phone: &str) -> Result<(), StoreError> {
        let index = Handset::real(phone).index(self.vault());
        self.lock(&format!("phone/{index}")).await
    }

    /// False when another conversation lives on these two numbers.
    pub async fn insert_conversation(
        &mut self,
        conversation: &Conversation,
        with: &Handset,
    ) -> Result<bool, StoreError> {
        let index = with.index(self.vault());
        let progress = self.seal_progress(conversation)?;
        let inserted = self
            .exec(
                "INSERT INTO conversations (id, workspace, lead_id, our_number, phone_index, progress, silent_at, created_at, campaign)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 ON CONFLICT (our_number, phone_index) WHERE ended_at IS NULL DO NOTHING",
                params![
                    conversation.id.as_str(),
                    conversation.workspace.as_str(),
                    conversation.lead.as_str(),
                    &conversation.our_number,
                    index,
                    progress,
                    conversation.silent_at.as_millis(),
                    conversation.opened_at.as_millis(),
                    conversation.campaign.as_deref().map(print_campaign).transpose()?,
                ],
            )
            .await?;
        Ok(inserted == 1)
    }

    pub async fn conversation(
        &mut self,
        workspace: &WorkspaceId,
        id: &ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM conversations WHERE workspace = $1 AND id = $2"),
            params![workspace.as_str(), id.as_str()],
            read_conversation,
        )
        .await
    }

    pub async fn conversation_of_lead(
        &mut self,
        workspace: &WorkspaceId,
        lead: &LeadId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM conversations WHERE workspace = $1 AND lead_id = $2"),
            params![workspace.as_str(), lead.as_str()],
            read_conversation,
        )
        .await
    }

    /// The one live conversation between two numbers, over all workspaces: an inbound SMS names nothing else.
    pub async fn live_conversation(
        &mut self,
        our_number: &str,
        with: &Handset,
    ) -> Result<Option<Conversation>, StoreError> {
        let index = with.index(self.vault());
        self.one(
            &format!(
                "SELECT {COLUMNS} FROM conversations WHERE our_number = $1 AND phone_index = $2 AND ended_at IS NULL"
            ),
            params![our_number, index],
            read_conversation,
        )
        .await
    }

    /// The newest conversation between two numbers, live or ended, over all workspaces: what a late SMS was said to.
    pub async fn newest_conversation(
        &mut self,
        our_number: &str,
        with: &Handset,
    ) -> Result<Option<Conversation>, StoreError> {
        let index = with.index(self.vault());
        self.one(
            &format!(
                "SELECT {COLUMNS} FROM conversations WHERE our_number = $1 AND phone_index = $2
                 ORDER BY created_at DESC, id DESC LIMIT 1"
            ),
            params![our_number, index],
            read_conversation,
        )
        .await
    }

    /// Every live conversation with a phone, over all workspaces and all our numbers: a stop ends them all.
    pub async fn live_conversations_with(&mut self, with: &Handset) -> Result<Vec<Conversation>, StoreError> {
        let index = with.index(self.vault());
        self.all(
            &format!("SELECT {COLUMNS} FROM conversations WHERE phone_index = $1 AND ended_at IS NULL ORDER BY id"),
            params![index],
            read_conversation,
        )
        .await
    }

    pub async fn save_conversation(&mut self, conversation: &Conversation) -> Result<(), StoreError> {
        let progress = self.seal_progress(conversation)?;
        self.exec(
            "UPDATE conversations SET progress = $3, silent_at = $4, ended_at = $5 WHERE workspace = $1 AND id = $2",
            params![
                conversation.workspace.as_str(),
                conversation.id.as_str(),
                progress,
                conversation.silent_at.as_millis(),
                conversation.ended_at.map(Timestamp::as_millis),
            ],
        )
        .await?;
        Ok(())
    }

    /// Silence is not counted before this: the lead has nothing to answer yet. Called behind the lock of the phone.
    pub async fn put_off_silence(
        &mut self,
        workspace: &WorkspaceId,
        id: &ConversationId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE conversations SET silent_at = $3 WHERE workspace = $1 AND id = $2 AND silent_at < $3 AND ended_at IS NULL",
            params![workspace.as_str(), id.as_str(), at.as_millis()],
        )
        .await?;
        Ok(())
    }

    /// Sealed, for it holds what the lead answered.
    fn seal_progress(&self, conversation: &Conversation) -> Result<String, StoreError> {
        let progress = serde_json::to_string(&conversation.progress);
        let progress = progress.map_err(|error| StoreError::Database(error.to_string()))?;
        Ok(self.vault().seal("conversations.progress", conversation.id.as_str(), &progress))
    }
}

fn read_conversation(row: &Row<'_>) -> Result<Conversation, StoreError> {
    let (id, progress) = (row.text(0)?, row.text(4)?);
    // Earlier versions had nothing in it to seal.
    let progress = if progress.starts_with('{') { progress } else { row.sealed(4, "conversations.progress", &id)? };
    Ok(Conversation {
        workspace: row.text(1)?.into(),
        lead: row.text(2)?.into(),
        our_number: row.text(3)?,
        progress: serde_json::from_str(&progress)
            .map_err(|_| row.misfit(4, "is no progress that this version knows"))?,
        silent_at: Timestamp::from_millis(row.int(5)?),
        ended_at: row.opt_int(6)?.map(Timestamp::from_millis),
        opened_at: Timestamp::from_millis(row.int(7)?),
        campaign: row
            .opt_text(8)?
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|_| row.misfit(8, "is no campaign that this version knows"))?,
        id: id.into(),
    })
}
