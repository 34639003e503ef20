//! What the operator does with workspaces by hand; the command line is a thin shell around this.

use alc_core::id::WorkspaceId;
use anyhow::{Context as _, bail};

use crate::operator::{Operator, Place};
use crate::store::audit::AuditEntry;
use crate::store::consents::ConfirmedConsent;
use crate::store::workspaces::{Mode, Workspace};
use crate::store::{StoreError, Tx};

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

    /// Somebody stands for it, by name, that the workspace may text the people it sends.
    pub async fn confirm_consent(&self, name: &str, by: &str) -> anyhow::Result<()> {
        let by = by.trim().to_owned();
        if by.is_empty() || by.chars().count() > 100 {
            bail!("--by must be the name of whoever confirms it, of at most 100 characters");
        }
        let consent = ConfirmedConsent { by, at: self.door.now() };
        let entry = self.entry(None, "workspace.consent_confirmed", "");
        self.change(name, entry, async move |tx, workspace| tx.confirm_consent(workspace, &consent).await).await
    }

    /// Segments of SMS in a month; none: as many as it likes.
    pub async fn set_budget(&self, name: &str, segments: Option<i64>) -> anyhow::Result<()> {
        if segments.is_some_and(|segments| segments < 0) {
            bail!("--segments must be 0 or more");
        }
        let entry = self.entry(None, "workspace.budget_set", "");
        self.change(name, entry, async move |tx, workspace| tx.set_monthly_segments(workspace, segments).await).await
    }

    /// How many days leads are kept after they ended; none: for good.
    pub async fn set_retention(&self, name: &str, days: Option<i64>) -> anyhow::Result<()> {
        if days.is_some_and(|days| !(1..=36_500).contains(&days)) {
            bail!("--days must be 1 to 36500");
        }
        let entry = self.entry(None, "workspace.retention_set", "");
        self.change(name, entry, async move |tx, workspace| tx.set_retention(workspace, days).await).await
    }

    async fn change(
        &self,
        name: &str,
        entry: AuditEntry,
        what: impl AsyncFn(&mut Tx, &WorkspaceId) -> Result<(), StoreError> + Send + Sync + 'static,
    ) -> anyhow::Result<()> {
        let wanted = name.trim().to_owned();
        let changed = self.store.write(async move |tx| {
            let Some(workspace) = tx.workspace_named(&wanted).await? else { return Ok(None) };
            what(tx, &workspace.id).await?;
            let target = workspace.id.to_string();
            tx.audit(&AuditEntry { workspace: Some(workspace.id), target, ..entry.clone() }).await.map(Some)
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
