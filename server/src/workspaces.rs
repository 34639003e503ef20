//! What the operator does with workspaces by hand; the command line is a thin shell around this.

use alc_core::id::WorkspaceId;
use anyhow::{Context as _, bail};

use crate::operator::{Operator, Place};
use crate::store::audit::AuditEntry;
use crate::store::workspaces::{Mode, Workspace};

impl Operator {
    pub async fn create_workspace(&self, place: Place, mode: Mode) -> anyhow::Result<WorkspaceId> {
        let place = place.checked()?;
        let workspace = Workspace { mode, ..self.workspace_draft(&place) };
        let (id, entry) = (workspace.id.clone(), self.entry(None, "workspace.created", workspace.id.as_str()));
        let made = self.store.write(async move |tx| {
            if !tx.insert_workspace(&workspace).await? {
                return Ok(false);
            }
            tx.audit(&AuditEntry { workspace: Some(workspace.id.clone()), ..entry.clone() }).await?;
            Ok(true)
        });
        if !made.await? {
            bail!("there is a workspace {} already; `alc workspace mode` changes its mode", place.workspace);
        }
        Ok(id)
    }

    /// By name.
    pub async fn workspaces(&self) -> anyhow::Result<Vec<Workspace>> {
        Ok(self.store.read(async |tx| tx.workspaces().await).await?)
    }

    /// Holds for leads that are sent from now on. False when the workspace was in that mode already.
    pub async fn set_workspace_mode(&self, name: &str, mode: Mode) -> anyhow::Result<bool> {
        let (wanted, entry) = (name.trim().to_owned(), self.entry(None, mode_set(mode), ""));
        let changed = self.store.write(async move |tx| {
            let Some(workspace) = tx.workspace_named(&wanted).await? else { return Ok(None) };
            let changed = tx.set_mode(&workspace.id, mode).await?;
            if changed {
                let target = workspace.id.to_string();
                tx.audit(&AuditEntry { workspace: Some(workspace.id), target, ..entry.clone() }).await?;
            }
            Ok(Some(changed))
        });
        changed
            .await?
            .with_context(|| format!("there is no workspace {name}; `alc workspace list` shows those there are"))
    }
}

const fn mode_set(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "workspace.made_live",
        Mode::Test => "workspace.made_test",
    }
}
