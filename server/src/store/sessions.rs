//! Sessions: a browser's login, kept as the hash of what its cookie holds.

use alc_core::id::{UserId, WorkspaceId};
use alc_core::time::Timestamp;

use super::workspaces::Mode;
use super::{StoreError, Tx};
use crate::params;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    pub token_hash: String,
    pub workspace: WorkspaceId,
    pub user: UserId,
    /// Hash of the path that the login led to.
    pub entered_for: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Who is logged in, and what to call them on a page.
#[derive(Clone)]
pub struct Session {
    pub token_hash: String,
    pub user: UserId,
    pub workspace: WorkspaceId,
    pub email: String,
    pub workspace_name: String,
    /// Of the workspace.
    pub mode: Mode,
    /// Hash of the path that the login led to.
    pub entered_for: Option<String>,
}

impl Tx {
    pub async fn insert_session(&mut self, session: &NewSession) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO sessions (token_hash, workspace, user_id, created_at, expires_at, entered_for)
             VALUES ($1, $2, $3, $4, $5, $6)",
            params![
                &session.token_hash,
                session.workspace.as_str(),
                session.user.as_str(),
                session.created_at.as_millis(),
                session.expires_at.as_millis(),
                session.entered_for.as_deref()
            ],
        )
        .await
        .map(drop)
    }

    pub async fn session(&mut self, token_hash: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        self.one(
            "SELECT s.user_id, s.workspace, u.email, w.name, s.entered_for, w.mode FROM sessions s
             JOIN users u ON u.id = s.user_id AND u.workspace = s.workspace JOIN workspaces w ON w.id = s.workspace
             WHERE s.token_hash = $1 AND s.expires_at > $2",
            params![token_hash, now.as_millis()],
            |row| {
                let user: UserId = row.text(0)?.into();
                Ok(Session {
                    token_hash: token_hash.to_owned(),
                    email: row.sealed(2, "users.email", user.as_str())?,
                    user,
                    workspace: row.text(1)?.into(),
                    workspace_name: row.text(3)?,
                    entered_for: row.opt_text(4)?,
                    mode: Mode::read(row, 5)?,
                })
            },
        )
        .await
    }

    /// A login counts once for what insisted on it. False when it has counted.
    pub async fn use_entry(&mut self, session: &Session, entered_for: &str) -> Result<bool, StoreError> {
        let used = self
            .exec(
                "UPDATE sessions SET entered_for = NULL WHERE workspace = $1 AND token_hash = $2 AND entered_for = $3",
                params![session.workspace.as_str(), &session.token_hash, entered_for],
            )
            .await?;
        Ok(used == 1)
    }

    /// Logs a user out everywhere.
    pub async fn delete_sessions_of(&mut self, workspace: &WorkspaceId, user: &UserId) -> Result<(), StoreError> {
        let sql = "DELETE FROM sessions WHERE workspace = $1 AND user_id = $2";
        self.exec(sql, params![workspace.as_str(), user.as_str()]).await.map(drop)
    }

    pub async fn delete_session(&mut self, token_hash: &str) -> Result<(), StoreError> {
        self.exec("DELETE FROM sessions WHERE token_hash = $1 AND workspace IS NOT NULL", params![token_hash])
            .await
            .map(drop)
    }
}
