//! Users: people who log in to agree that a client acts for their workspace. An email address is sealed, and found by its
//! keyed hash.

use alc_core::id::{UserId, WorkspaceId};
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

const EMAIL: &str = "users.email";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Admin,
    Member,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

#[derive(Clone)]
pub struct User {
    pub id: UserId,
    pub workspace: WorkspaceId,
    pub email: String,
    /// argon2id, as a PHC string.
    pub password_hash: String,
    pub role: Role,
    pub created_at: Timestamp,
}

/// What a login is checked against.
#[derive(Clone)]
pub struct Account {
    pub user: UserId,
    pub workspace: WorkspaceId,
    pub password_hash: String,
}

impl Tx {
    /// False when somebody has that email address already; nothing changed then.
    pub async fn insert_user(&mut self, user: &User) -> Result<bool, StoreError> {
        let email = self.vault().seal(EMAIL, user.id.as_str(), &user.email);
        let email_index = self.vault().index(EMAIL, &same_address(&user.email));
        let inserted = self
            .exec(
                "INSERT INTO users (id, workspace, email, email_index, password_hash, role, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (email_index) DO NOTHING",
                params![
                    user.id.as_str(),
                    user.workspace.as_str(),
                    email,
                    email_index,
                    &user.password_hash,
                    user.role.as_str(),
                    user.created_at.as_millis()
                ],
            )
            .await?;
        Ok(inserted == 1)
    }

    /// A user about whom something is decided: nobody agrees to anything in the user's name meanwhile.
    pub async fn lock_user(&mut self, id: &UserId) -> Result<(), StoreError> {
        self.lock(&format!("user {id}")).await
    }

    /// Whether the user is still there; it stays so until the transaction ends.
    pub async fn hold_user(&mut self, id: &UserId) -> Result<bool, StoreError> {
        self.lock_shared(&format!("user {id}")).await?;
        Ok(self.one("SELECT 1 FROM users WHERE id = $1", params![id.as_str()], |_| Ok(())).await?.is_some())
    }

    /// False when there is no such user.
    pub async fn set_password(&mut self, id: &UserId, hash: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE users SET password_hash = $2 WHERE id = $1";
        Ok(self.exec(sql, params![id.as_str(), hash]).await? == 1)
    }

    /// False when there is no such user. Called behind [`Tx::lock_user`], when the sessions are gone.
    pub async fn delete_user(&mut self, id: &UserId) -> Result<bool, StoreError> {
        Ok(self.exec("DELETE FROM users WHERE id = $1", params![id.as_str()]).await? == 1)
    }

    /// How many others there are in the workspace; of two who go at once, one is the last.
    pub async fn users_beside(&mut self, workspace: &WorkspaceId, id: &UserId) -> Result<i64, StoreError> {
        self.lock(&format!("users of {workspace}")).await?;
        let sql = "SELECT COUNT(*) FROM users WHERE workspace = $1 AND id <> $2";
        Ok(self.one(sql, params![workspace.as_str(), id.as_str()], |row| row.int(0)).await?.unwrap_or_default())
    }

    pub async fn account(&mut self, email: &str) -> Result<Option<Account>, StoreError> {
        let email_index = self.vault().index(EMAIL, &same_address(email));
        self.one("SELECT id, workspace, password_hash FROM users WHERE email_index = $1", params![email_index], |row| {
            Ok(Account { user: row.text(0)?.into(), workspace: row.text(1)?.into(), password_hash: row.text(2)? })
        })
        .await
    }
}

/// People type their address in any case, and with blanks around it.
pub(super) fn same_address(email: &str) -> String {
    email.trim().to_lowercase()
}
