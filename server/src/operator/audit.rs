//! The audit log, as the operator reads it.

use alc_core::time::Timestamp;
use anyhow::Context as _;

use super::Operator;
use crate::store::audit::{AuditFilter, AuditRow};

/// Which lines to show, as the operator says it.
#[derive(Debug, Clone, Default)]
pub struct AuditQuestion {
    /// By its name.
    pub workspace: Option<String>,
    pub since: Option<Timestamp>,
    /// An action, or a noun for all of its actions.
    pub action: Option<String>,
    pub actor: Option<String>,
    pub most: i64,
}

impl Operator {
    /// The newest lines, oldest of them first, as a log reads.
    pub async fn audit_log(&self, question: AuditQuestion) -> anyhow::Result<Vec<AuditRow>> {
        let workspace = self.workspace_if_named(question.workspace.as_deref()).await?;
        let AuditQuestion { since, action, actor, most, .. } = question;
        let filter = AuditFilter { workspace, since, action, actor, most };
        let mut rows = self.store.read(async move |tx| tx.audit_rows(&filter).await).await.context("no log")?;
        rows.reverse();
        Ok(rows)
    }
}
