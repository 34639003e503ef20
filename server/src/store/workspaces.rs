//! Workspaces, the tenants: every other row of tenant data names one.

use alc_core::id::WorkspaceId;
use alc_core::time::Timestamp;

use super::{Row, StoreError, Tx};
use crate::params;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    /// What the operator calls it; no two have the same.
    pub name: String,
    /// ISO 3166-1 alpha-2; reads phone numbers that come without a country.
    pub default_region: Option<String>,
    pub mode: Mode,
    pub created_at: Timestamp,
}

/// Whom a workspace's new leads are texted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As the people they are, on their phones.
    Live,
    /// As nobody: on phones that are a page of the service.
    Test,
}

impl Mode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    pub(super) fn read(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
        let text = row.text(column)?;
        let mode = [Self::Live, Self::Test].into_iter().find(|mode| mode.as_str() == text);
        mode.ok_or_else(|| row.misfit(column, "is no mode of a workspace"))
    }
}

const COLUMNS: &str = "id, name, default_region, mode, created_at";

impl Tx {
    /// False when the name is taken; nothing changed then.
    pub async fn insert_workspace(&mut self, workspace: &Workspace) -> Result<bool, StoreError> {
        let inserted = self
            .exec(
                "INSERT INTO workspaces (id, name, default_region, mode, created_at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (name) DO NOTHING",
                params![
                    workspace.id.as_str(),
                    &workspace.name,
                    workspace.default_region.as_deref(),
                    workspace.mode.as_str(),
                    workspace.created_at.as_millis()
                ],
            )
            .await?;
        Ok(inserted == 1)
    }

    pub async fn workspace_named(&mut self, name: &str) -> Result<Option<Workspace>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM workspaces WHERE name = $1");
        self.one(&sql, params![name], read_workspace).await
    }

    pub async fn workspace(&mut self, id: &WorkspaceId) -> Result<Option<Workspace>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM workspaces WHERE id = $1");
        self.one(&sql, params![id.as_str()], read_workspace).await
    }

    /// By name.
    pub async fn workspaces(&mut self) -> Result<Vec<Workspace>, StoreError> {
        self.all(&format!("SELECT {COLUMNS} FROM workspaces ORDER BY name"), params![], read_workspace).await
    }

    /// Whether the workspace is in this mode, and stays so until the commit: whoever takes leads in was told its mode before.
    pub async fn hold_mode(&mut self, workspace: &WorkspaceId, mode: Mode) -> Result<bool, StoreError> {
        self.lock_shared(&lock_name(workspace)).await?;
        let sql = "SELECT 1 FROM workspaces WHERE id = $1 AND mode = $2";
        Ok(self.one(sql, params![workspace.as_str(), mode.as_str()], |_| Ok(())).await?.is_some())
    }

    /// False when it was in that mode already.
    pub async fn set_mode(&mut self, workspace: &WorkspaceId, mode: Mode) -> Result<bool, StoreError> {
        self.lock(&lock_name(workspace)).await?;
        let sql = "UPDATE workspaces SET mode = $2 WHERE id = $1 AND mode <> $2";
        Ok(self.exec(sql, params![workspace.as_str(), mode.as_str()]).await? == 1)
    }

    pub async fn set_default_region(&mut self, workspace: &WorkspaceId, region: &str) -> Result<(), StoreError> {
        self.exec("UPDATE workspaces SET default_region = $2 WHERE id = $1", params![workspace.as_str(), region])
            .await
            .map(drop)
    }
}

fn lock_name(workspace: &WorkspaceId) -> String {
    format!("workspace/{workspace}")
}

fn read_workspace(row: &Row<'_>) -> Result<Workspace, StoreError> {
    Ok(Workspace {
        id: row.text(0)?.into(),
        name: row.text(1)?,
        default_region: row.opt_text(2)?,
        mode: Mode::read(row, 3)?,
        created_at: Timestamp::from_millis(row.int(4)?),
    })
}
