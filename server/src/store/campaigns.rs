//! Campaigns: what a workspace says to its leads, by name.

use alc_core::campaign::Campaign;
use alc_core::id::WorkspaceId;
use alc_core::time::Timestamp;

use super::{Row, StoreError, Tx};
use crate::params;

/// A campaign where it is kept.
#[derive(Debug, Clone)]
pub struct KeptCampaign {
    pub name: String,
    pub campaign: Campaign,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// More than anybody keeps apart; a list of them is one page.
pub const MOST_CAMPAIGNS: usize = 100;

/// What became of a campaign that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    New,
    Replaced,
    /// The workspace has as many as it may.
    TooMany,
}

const COLUMNS: &str = "name, body, created_at, updated_at";

impl Tx {
    /// Keeps a campaign under its name, over one that has it already. Conversations that have begun go on with the old one.
    pub async fn save_campaign(&mut self, workspace: &WorkspaceId, kept: &KeptCampaign) -> Result<Kept, StoreError> {
        let body = print_campaign(&kept.campaign)?;
        let replaced = self
            .exec(
                "UPDATE campaigns SET body = $3, updated_at = $4 WHERE workspace = $1 AND name = $2",
                params![workspace.as_str(), &kept.name, &body, kept.updated_at.as_millis()],
            )
            .await?;
        if replaced == 1 {
            return Ok(Kept::Replaced);
        }
        // Two that are made at once would both count before either is there.
        self.lock(&format!("campaigns/{workspace}")).await?;
        if self.campaigns(workspace).await?.len() >= MOST_CAMPAIGNS {
            return Ok(Kept::TooMany);
        }
        self.exec(
            "INSERT INTO campaigns (workspace, name, body, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace, name) DO UPDATE SET body = $3, updated_at = $5",
            params![workspace.as_str(), &kept.name, &body, kept.created_at.as_millis(), kept.updated_at.as_millis(),],
        )
        .await?;
        Ok(Kept::New)
    }

    pub async fn campaign(&mut self, workspace: &WorkspaceId, name: &str) -> Result<Option<KeptCampaign>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM campaigns WHERE workspace = $1 AND name = $2"),
            params![workspace.as_str(), name],
            read_campaign,
        )
        .await
    }

    /// All of a workspace, in the order of their names.
    pub async fn campaigns(&mut self, workspace: &WorkspaceId) -> Result<Vec<KeptCampaign>, StoreError> {
        let mut found = self
            .all(
                &format!("SELECT {COLUMNS} FROM campaigns WHERE workspace = $1"),
                params![workspace.as_str()],
                read_campaign,
            )
            .await?;
        // Databases order texts each in their own way.
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// False when there is none of that name.
    pub async fn delete_campaign(&mut self, workspace: &WorkspaceId, name: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM campaigns WHERE workspace = $1 AND name = $2";
        Ok(self.exec(sql, params![workspace.as_str(), name]).await? == 1)
    }
}

pub(super) fn print_campaign(campaign: &Campaign) -> Result<String, StoreError> {
    serde_json::to_string(campaign).map_err(|error| StoreError::Database(error.to_string()))
}

fn read_campaign(row: &Row<'_>) -> Result<KeptCampaign, StoreError> {
    Ok(KeptCampaign {
        name: row.text(0)?,
        campaign: serde_json::from_str(&row.text(1)?)
            .map_err(|_| row.misfit(1, "is no campaign that this version knows"))?,
        created_at: Timestamp::from_millis(row.int(2)?),
        updated_at: Timestamp::from_millis(row.int(3)?),
    })
}
