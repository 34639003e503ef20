//! Leads: one row each; names, phones and outcomes sealed.

use alc_core::id::{GrantId, LeadId, WorkspaceId};
use alc_core::lead::{Lead, Stage};
use alc_core::time::Timestamp;

use super::{Row, StoreError, Tx};
use crate::params;

/// A lead as it is stored, and whether it was this call that stored it.
#[derive(Debug, Clone)]
pub struct StoredLead {
    pub lead: Lead,
    pub is_new: bool,
}

const COLUMNS: &str = "id, workspace, grant_id, record_id, name, phone, campaign, facts, sequence, created_at";

/// The purpose under which phones are indexed, in every table that is searched by phone.
pub const PHONE_INDEX: &str = "phone";

impl Tx {
    /// Returns what is stored: this lead, or the live one of the same record under the same grant.
    pub async fn insert_lead(&mut self, lead: &Lead, deadline_at: Timestamp) -> Result<StoredLead, StoreError> {
        let facts = facts_of(&lead.stage)?;
        let vault = self.vault();
        let id = lead.id.as_str();
        let args = params![
            id,
            lead.workspace.as_str(),
            lead.grant.as_str(),
            &lead.record_id,
            vault.seal("leads.name", id, &lead.name),
            vault.seal("leads.phone", id, &lead.phone),
            vault.index(PHONE_INDEX, &lead.phone),
            lead.campaign.as_deref(),
            lead.stage.name(),
            vault.seal("leads.facts", id, &facts),
            lead.sequence,
            lead.created_at.as_millis(),
            deadline_at.as_millis(),
        ]
        .to_vec();
        let inserted = self
            .exec(
                "INSERT INTO leads (id, workspace, grant_id, record_id, name, phone, phone_index, campaign, stage, facts, sequence, created_at, deadline_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                 ON CONFLICT (workspace, grant_id, record_id) WHERE ended_at IS NULL DO NOTHING",
                &args,
            )
            .await?;
        if inserted == 1 {
            return Ok(StoredLead { lead: lead.clone(), is_new: true });
        }
        // It may have ended between the two statements; the caller's next try will then be new.
        let live = self.live_lead(&lead.workspace, &lead.grant, &lead.record_id).await?.ok_or(StoreError::Again)?;
        Ok(StoredLead { lead: live, is_new: false })
    }

    pub async fn live_lead(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        record_id: &str,
    ) -> Result<Option<Lead>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM leads WHERE workspace = $1 AND grant_id = $2 AND record_id = $3 AND ended_at IS NULL"),
            params![workspace.as_str(), grant.as_str(), record_id],
            read_lead,
        )
        .await
    }

    pub async fn lead(&mut self, workspace: &WorkspaceId, id: &LeadId) -> Result<Option<Lead>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM leads WHERE workspace = $1 AND id = $2"),
            params![workspace.as_str(), id.as_str()],
            read_lead,
        )
        .await
    }

    /// The newest leads of a grant; `whole_workspace` lifts the limit to the grant.
    pub async fn leads(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        whole_workspace: bool,
        limit: i64,
    ) -> Result<Vec<Lead>, StoreError> {
        self.all(
            &format!(
                "SELECT {COLUMNS} FROM leads WHERE workspace = $1 AND (grant_id = $2 OR $3) ORDER BY id DESC LIMIT $4"
            ),
            params![workspace.as_str(), grant.as_str(), whole_workspace, limit],
            read_lead,
        )
        .await
    }

    /// The live leads of a grant, for when it ends.
    pub async fn live_leads_of_grant(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
    ) -> Result<Vec<Lead>, StoreError> {
        self.all(
            &format!(
                "SELECT {COLUMNS} FROM leads WHERE workspace = $1 AND grant_id = $2 AND ended_at IS NULL ORDER BY id"
            ),
            params![workspace.as_str(), grant.as_str()],
            read_lead,
        )
        .await
    }

    /// Writes down where a live lead stands now. One that has ended stays as it is: whoever read it before decides again.
    pub async fn save_lead(&mut self, lead: &Lead) -> Result<(), StoreError> {
        let facts = self.vault().seal("leads.facts", lead.id.as_str(), &facts_of(&lead.stage)?);
        let saved = self
            .exec(
                "UPDATE leads SET stage = $3, facts = $4, sequence = $5, ended_at = $6
             WHERE workspace = $1 AND id = $2 AND ended_at IS NULL",
                params![
                    lead.workspace.as_str(),
                    lead.id.as_str(),
                    lead.stage.name(),
                    facts,
                    lead.sequence,
                    lead.stage.ended_at().map(Timestamp::as_millis),
                ],
            )
            .await?;
        if saved == 1 { Ok(()) } else { Err(StoreError::Again) }
    }
}

fn facts_of(stage: &Stage) -> Result<String, StoreError> {
    serde_json::to_string(stage).map_err(|error| StoreError::Database(error.to_string()))
}

fn read_lead(row: &Row<'_>) -> Result<Lead, StoreError> {
    let id = row.text(0)?;
    let facts = row.sealed(7, "leads.facts", &id)?;
    Ok(Lead {
        workspace: row.text(1)?.into(),
        grant: row.text(2)?.into(),
        record_id: row.text(3)?,
        name: row.sealed(4, "leads.name", &id)?,
        phone: row.sealed(5, "leads.phone", &id)?,
        campaign: row.opt_text(6)?,
        stage: serde_json::from_str(&facts).map_err(|_| row.misfit(7, "is no stage that this version knows"))?,
        sequence: u32::try_from(row.int(8)?).map_err(|_| row.misfit(8, "is no sequence"))?,
        created_at: Timestamp::from_millis(row.int(9)?),
        id: id.into(),
    })
}
