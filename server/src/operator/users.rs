//! Users in the operator's hands: seen, given another password, removed with all they agreed to.

use alc_core::id::{UserId, WorkspaceId};
use anyhow::{Context as _, bail};

use super::Operator;
use crate::moves;
use crate::password;
use crate::store::audit::AuditEntry;
use crate::store::called_off::GrantsOf;
use crate::store::overseen::OverseenUser;

/// What went with a user.
#[derive(Debug, Clone)]
pub struct DeletedUser {
    pub id: UserId,
    pub revoked_grants: usize,
}

/// Who is deleted though nobody of the workspace is left then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastOne {
    MayGo,
    Stays,
}

impl Operator {
    /// Every user, or those of the workspace of that name, oldest first.
    pub async fn users(&self, workspace: Option<&str>) -> anyhow::Result<Vec<OverseenUser>> {
        let workspace = self.workspace_if_named(workspace).await?;
        Ok(self.store.read(async move |tx| tx.overseen_users(workspace.as_ref()).await).await?)
    }

    /// A new password; whoever is logged in with the old one is logged out. What the user agreed to stays.
    pub async fn set_password(&self, email: &str, new: &str) -> anyhow::Result<UserId> {
        let password_hash = password::hash(new, &self.door)?;
        let (user, workspace) = self.user(email).await?;
        let entry = self.entry(Some(workspace.clone()), "user.password_changed", user.as_str());
        let id = user.clone();
        let changed = self.store.write(async move |tx| {
            let changed = tx.set_password(&user, &password_hash).await?;
            if changed {
                tx.delete_sessions_of(&workspace, &user).await?;
                tx.audit(&entry).await?;
            }
            Ok(changed)
        });
        if changed.await? { Ok(id) } else { bail!(no_user(email)) }
    }

    /// Ends the user's sessions and everything the user agreed to.
    pub async fn delete_user(&self, email: &str, last_one: LastOne) -> anyhow::Result<DeletedUser> {
        let (user, workspace) = self.user(email).await?;
        let entry = self.entry(Some(workspace.clone()), "user.deleted", user.as_str());
        let why = self.revocation("user_deleted", entry.origin.trace.clone());
        let id = user.clone();
        let ended = self.store.write(async move |tx| {
            tx.lock_user(&user).await?;
            if last_one == LastOne::Stays && tx.users_beside(&workspace, &user).await? == 0 {
                return Ok(Ended::LastOne);
            }
            tx.delete_sessions_of(&workspace, &user).await?;
            if !tx.delete_user(&user).await? {
                return Ok(Ended::NotThere);
            }
            let grants = moves::end_grants_of(tx, &GrantsOf::User(user.clone()), &why).await?;
            let entry = entry.clone().of_many(grants);
            tx.audit(&AuditEntry { workspace: Some(workspace.clone()), ..entry }).await?;
            Ok(Ended::Deleted(grants))
        });
        match ended.await? {
            Ended::Deleted(revoked_grants) => Ok(DeletedUser { id, revoked_grants }),
            Ended::NotThere => bail!(no_user(email)),
            Ended::LastOne => bail!(
                "{email} is the last user of the workspace, and nobody could log in to it; --yes if that is meant"
            ),
        }
    }

    async fn user(&self, email: &str) -> anyhow::Result<(UserId, WorkspaceId)> {
        let wanted = email.to_owned();
        let account = self.store.read(async move |tx| tx.account(&wanted).await).await?;
        account.map(|account| (account.user, account.workspace)).with_context(|| no_user(email))
    }
}

enum Ended {
    Deleted(usize),
    NotThere,
    LastOne,
}

fn no_user(email: &str) -> String {
    format!("nobody has the address {email}; `alc user list` shows everybody")
}
