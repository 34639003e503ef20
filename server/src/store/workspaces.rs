//! Workspaces, the tenants: every other row of tenant data names one.

use alc_core::id::WorkspaceId;
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    /// What the operator calls it; no two have the same.
    pub name: String,
    /// ISO 3166-1 alpha-2; reads phone numbers that come without a country.
    pub default_region: Option<String>,
    pub created_at: Timestamp,
}

impl Tx {
    /// False when the name is taken; nothing changed then.
    pub async fn insert_workspace(&mut self, workspace: &Workspace) -> Result<bool, StoreError> {
        let inserted = self
            .exec(
                "INSERT INTO workspaces (id, name, default_region, created_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (name) DO NOTHING",
                params![
                    workspace.id.as_str(),
                    &workspace.name,
                    workspace.default_region.as_deref(),
                    workspace.created_at.as_millis()
                ],
            )
            .await?;
        Ok(inserted == 1)
    }

    pub async fn workspace_named(&mut self, name: &str) -> Result<Option<Workspace>, StoreError> {
        self.one("SELECT id, name, default_region, created_at FROM workspaces WHERE name = $1", params![name], |row| {
            Ok(Workspace {
                id: row.text(0)?.into(),
                name: row.text(1)?,
                default_region: row.opt_text(2)?,
                created_at: Timestamp::from_millis(row.int(3)?),
            })
        })
        .await
    }

    pub async fn set_default_region(&mut self, workspace: &WorkspaceId, region: &str) -> Result<(), StoreError> {
        self.exec("UPDATE workspaces SET default_region = $2 WHERE id = $1", params![workspace.as_str(), region])
            .await
            .map(drop)
    }
}
