//! The audit log: who did what to what, from where, written in the same commit as the deed. Ids only, never names or phones.

use alc_core::id::{AuditId, WorkspaceId};
use alc_core::time::Timestamp;

use super::brought::Kind::{Int, Text};
use super::brought::{Brought, row};
use super::{Row, StoreError, Tx};
use crate::door::Door;
use crate::params;

/// Who acts when the service does so by itself.
pub const SERVICE: &str = "alc";

#[derive(Debug, Clone)]
pub struct AuditEntry {
    pub id: AuditId,
    /// None where no workspace is concerned: a client made by the operator, a login with an unknown address.
    pub workspace: Option<WorkspaceId>,
    /// The id of a user, client or grant, or `operator`, `alc` (the service itself), `unknown`.
    pub actor: String,
    /// Noun and past participle: `user.created`.
    pub action: &'static str,
    pub target: String,
    /// A stable word.
    pub reason: Option<&'static str>,
    /// Of a deed done to many: to how many.
    pub affected: Option<i64>,
    pub origin: Origin,
    pub at: Timestamp,
}

/// Where a deed came from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Of the request, or of the command.
    pub trace: String,
    /// None for what did not come over the network.
    pub address: Option<String>,
}

impl Origin {
    /// Of what the service or the operator does on this machine.
    pub const fn here(trace: String) -> Self {
        Self { trace, address: None }
    }
}

/// A line of the log as it is read again.
#[derive(Debug, Clone)]
pub struct AuditRow {
    pub id: AuditId,
    pub at: Timestamp,
    /// None where no workspace is concerned.
    pub workspace_name: Option<String>,
    pub actor: String,
    pub action: String,
    pub target: String,
    pub reason: Option<String>,
    pub affected: Option<i64>,
    pub trace: String,
    pub address: Option<String>,
}

/// Which lines to read.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub workspace: Option<WorkspaceId>,
    pub since: Option<Timestamp>,
    /// All of an action's name, or its noun.
    pub action: Option<String>,
    pub actor: Option<String>,
    pub most: i64,
}

impl AuditEntry {
    pub fn new_id(door: &Door) -> AuditId {
        AuditId::from_unique(&door.unique())
    }

    #[must_use]
    pub fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    #[must_use]
    pub fn of_many(self, affected: usize) -> Self {
        Self { affected: Some(i64::try_from(affected).unwrap_or(i64::MAX)), ..self }
    }
}

impl Tx {
    pub async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.audit_all(std::slice::from_ref(entry)).await
    }

    pub async fn audit_all(&mut self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let rows = entries.iter().map(|entry| {
            row![
                entry.id.as_str(),
                entry.workspace.as_ref().map_or("", WorkspaceId::as_str),
                &entry.actor,
                entry.action,
                &entry.target,
                &entry.origin.trace,
                entry.at.as_millis(),
                entry.reason,
                entry.affected,
                entry.origin.address.as_deref(),
            ]
        });
        let columns = [
            ("id", Text),
            ("workspace", Text),
            ("actor", Text),
            ("action", Text),
            ("target", Text),
            ("trace", Text),
            ("at", Int),
            ("reason", Text),
            ("affected", Int),
            ("address", Text),
        ];
        self.exec_brought(Brought::new(columns, rows), &[], |rows| {
            format!(
                "INSERT INTO audit (id, workspace, actor, action, target, trace, created_at, reason, affected, address)
                 SELECT id, workspace, actor, action, target, trace, at, reason, affected, address FROM {rows}"
            )
        })
        .await
    }

    /// The newest lines that pass the filter, newest first.
    pub async fn audit_rows(&mut self, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        // Ids sort by time of birth: those behind the first of a moment are as young.
        let since =
            filter.since.map_or_else(String::new, |at| format!("{}{:012x}", AuditId::PREFIX, at.as_millis().max(0)));
        self.all(
            "SELECT a.id, a.created_at, w.name, a.actor, a.action, a.target, a.reason, a.affected, a.trace, a.address
             FROM audit a LEFT JOIN workspaces w ON w.id = a.workspace
             WHERE ($1 = '' OR a.workspace = $1) AND a.id > $2
               AND ($3 = '' OR a.action = $3 OR substr(a.action, 1, length($3) + 1) = $3 || '.') AND ($4 = '' OR a.actor = $4)
             ORDER BY a.id DESC LIMIT $5",
            params![
                filter.workspace.as_ref().map_or("", WorkspaceId::as_str),
                since,
                filter.action.as_deref().unwrap_or_default(),
                filter.actor.as_deref().unwrap_or_default(),
                filter.most,
            ],
            read_row,
        )
        .await
    }

    /// Actor, action and target of every entry, oldest first.
    #[cfg(test)]
    pub(crate) async fn audited(&mut self) -> Result<Vec<(String, String, String)>, StoreError> {
        self.all("SELECT actor, action, target FROM audit WHERE workspace IS NOT NULL ORDER BY id", params![], |row| {
            Ok((row.text(0)?, row.text(1)?, row.text(2)?))
        })
        .await
    }
}

fn read_row(row: &Row<'_>) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        id: row.text(0)?.into(),
        at: Timestamp::from_millis(row.int(1)?),
        workspace_name: row.opt_text(2)?,
        actor: row.text(3)?,
        action: row.text(4)?,
        target: row.text(5)?,
        reason: row.opt_text(6)?,
        affected: row.opt_int(7)?,
        trace: row.text(8)?,
        address: row.opt_text(9)?,
    })
}
