//! Access and refresh tokens: kept as hashes, found by what was presented. They die with their grant, which deletes them.

use std::collections::{HashMap, HashSet};

use alc_core::id::{ClientId, GrantId, UserId, WorkspaceId};
use alc_core::time::Timestamp;

use super::brought::Kind::{Int, Text};
use super::brought::{Brought, row};
use super::gather::Together;
use super::workspaces::Mode;
use super::{Row, StoreError, Tx};
use crate::params;

/// What a live access token opens.
#[derive(Debug, Clone)]
pub struct Access {
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    /// Space separated.
    pub scope: String,
    pub is_operator: bool,
    /// The workspace's: how to read national phone numbers.
    pub default_region: Option<String>,
    /// The workspace's.
    pub mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Access,
    Refresh,
}

impl TokenKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub hash: String,
    pub kind: TokenKind,
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    /// Space separated.
    pub scope: String,
    pub created_at: Timestamp,
    /// None: until its grant is revoked.
    pub expires_at: Option<Timestamp>,
    /// The refresh token that its pair was exchanged for; none for the first pair of a grant.
    pub exchanged_for: Option<String>,
    /// When a refresh token was exchanged for the next one. Of an access token the first use, where that is noted at all.
    pub used_at: Option<Timestamp>,
}

impl Token {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// To whom a token was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub client: Option<ClientId>,
    pub user: Option<UserId>,
}

/// An access token that a request shows.
#[derive(Debug, Clone)]
pub struct PresentedToken {
    pub hash: String,
    pub at: Timestamp,
}

impl Together for PresentedToken {
    /// The access it gives; `None` when it is unknown, expired, or its grant is revoked.
    type Answer = Option<Access>;

    const READS: bool = true;

    async fn together(tx: &mut Tx, all: &[Self]) -> Result<Vec<Self::Answer>, StoreError> {
        let accesses = tx.accesses(all).await?;
        Ok(all.iter().map(|token| accesses.get(&token.hash).cloned()).collect())
    }
}

impl Tx {
    /// The accesses that tokens give, by their hashes.
    async fn accesses(&mut self, presented: &[PresentedToken]) -> Result<HashMap<String, Access>, StoreError> {
        // Often many requests show the same token.
        let mut hashes = HashSet::new();
        let presented = presented.iter().filter(|token| hashes.insert(&token.hash));
        let presented = presented.map(|token| row![&token.hash, token.at.as_millis()]);
        let presented = Brought::new([("hash", Text), ("at", Int)], presented);
        let found = self
            .all_brought(
                &presented,
                &[],
                |presented| {
                    format!(
                        "SELECT t.token_hash, t.workspace, t.grant_id, t.scope, g.client_id, w.default_region, w.mode
                         FROM {presented} CROSS JOIN tokens t
                         JOIN grants g ON g.id = t.grant_id AND g.workspace = t.workspace
                         JOIN workspaces w ON w.id = t.workspace
                         WHERE t.token_hash = brought.hash AND t.kind = 'access'
                           AND (t.expires_at IS NULL OR t.expires_at > brought.at) AND g.revoked_at IS NULL"
                    )
                },
                |row| {
                    let access = Access {
                        workspace: row.text(1)?.into(),
                        grant: row.text(2)?.into(),
                        scope: row.text(3)?,
                        is_operator: row.opt_text(4)?.is_none(),
                        default_region: row.opt_text(5)?,
                        mode: Mode::read(row, 6)?,
                    };
                    Ok((row.text(0)?, access))
                },
            )
            .await?;
        Ok(found.into_iter().collect())
    }

    pub async fn insert_token(&mut self, token: &Token) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO tokens (token_hash, workspace, grant_id, kind, scope, created_at, expires_at, exchanged_for)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![
                &token.hash,
                token.workspace.as_str(),
                token.grant.as_str(),
                token.kind.as_str(),
                &token.scope,
                token.created_at.as_millis(),
                token.expires_at.map(Timestamp::as_millis),
                token.exchanged_for.as_deref()
            ],
        )
        .await
        .map(drop)
    }

    /// A token whose grant is live, whatever its kind, used and expired ones too.
    pub async fn token(&mut self, hash: &str) -> Result<Option<(Token, Holder)>, StoreError> {
        self.one(
            "SELECT t.kind, t.workspace, t.grant_id, t.scope, t.created_at, t.expires_at, t.used_at, g.client_id, g.user_id,
                 t.exchanged_for
             FROM tokens t JOIN grants g ON g.id = t.grant_id AND g.workspace = t.workspace
             WHERE t.token_hash = $1 AND g.revoked_at IS NULL",
            params![hash],
            |row| {
                let token = Token {
                    hash: hash.to_owned(),
                    kind: kind(row, 0)?,
                    workspace: row.text(1)?.into(),
                    grant: row.text(2)?.into(),
                    scope: row.text(3)?,
                    created_at: Timestamp::from_millis(row.int(4)?),
                    expires_at: row.opt_int(5)?.map(Timestamp::from_millis),
                    used_at: row.opt_int(6)?.map(Timestamp::from_millis),
                    exchanged_for: row.opt_text(9)?,
                };
                let holder = Holder { client: row.opt_text(7)?.map(Into::into), user: row.opt_text(8)?.map(Into::into) };
                Ok((token, holder))
            },
        )
        .await
    }

    /// Like `token`, and holds it until the transaction ends: of two who refresh with it at once, the second sees that it
    /// was used.
    pub async fn hold_token(&mut self, hash: &str) -> Result<Option<(Token, Holder)>, StoreError> {
        self.lock(&format!("token {hash}")).await?;
        self.token(hash).await
    }

    /// One that was used or taken back since it was read is looked at again.
    pub async fn use_token(&mut self, token: &Token, now: Timestamp) -> Result<(), StoreError> {
        let used = self
            .exec(
                "UPDATE tokens SET used_at = $3 WHERE token_hash = $1 AND workspace = $2 AND used_at IS NULL",
                params![&token.hash, token.workspace.as_str(), now.as_millis()],
            )
            .await?;
        if used == 1 { Ok(()) } else { Err(StoreError::Again) }
    }

    /// Takes back the pair that a refresh token was exchanged for, if nobody has used either of the two. On false somebody has,
    /// and the grant must end in the same transaction.
    ///
    /// The refresh token stays as a used one: whoever still brings it gives away that two parties hold this grant.
    pub async fn take_back_unused(&mut self, exchanged: &Token, now: Timestamp) -> Result<bool, StoreError> {
        // The conditions decide, not an earlier look: a first use may happen at this moment.
        let refresh = self
            .exec(
                "UPDATE tokens SET used_at = $3
                 WHERE exchanged_for = $1 AND workspace = $2 AND kind = 'refresh' AND used_at IS NULL",
                params![&exchanged.hash, exchanged.workspace.as_str(), now.as_millis()],
            )
            .await?;
        let access = self
            .exec(
                "DELETE FROM tokens
                 WHERE exchanged_for = $1 AND workspace = $2 AND kind = 'access' AND used_at IS NULL",
                params![&exchanged.hash, exchanged.workspace.as_str()],
            )
            .await?;
        Ok(refresh == 1 && access == 1)
    }

    pub async fn delete_token(&mut self, token: &Token) -> Result<(), StoreError> {
        self.exec(
            "DELETE FROM tokens WHERE token_hash = $1 AND workspace = $2",
            params![&token.hash, token.workspace.as_str()],
        )
        .await
        .map(drop)
    }

    /// Only for `revoke_grant`, which also keeps new ones from being made.
    pub(super) async fn delete_tokens(&mut self, workspace: &WorkspaceId, grant: &GrantId) -> Result<(), StoreError> {
        self.exec(
            "DELETE FROM tokens WHERE grant_id = $1 AND workspace = $2",
            params![grant.as_str(), workspace.as_str()],
        )
        .await
        .map(drop)
    }
}

fn kind(row: &Row<'_>, column: usize) -> Result<TokenKind, StoreError> {
    match row.text(column)?.as_str() {
        "access" => Ok(TokenKind::Access),
        "refresh" => Ok(TokenKind::Refresh),
        _ => Err(row.misfit(column, "is neither access nor refresh")),
    }
}
