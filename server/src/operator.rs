//! What the operator makes by hand: clients, users and tokens; beside it, what the operator sees and mends. The command line is a
//! thin shell around this.

pub mod audit;
pub mod campaigns;
pub mod dead_letters;
pub mod erase;
pub mod users;
pub mod webhooks;

use alc_core::id::{AuditId, ClientId, GrantId, UserId, WorkspaceId};
use alc_core::phone::Region;
use alc_core::time::Timestamp;
use anyhow::{Context as _, bail};

use crate::app::NewId;
use crate::door::Door;
use crate::http::oauth::{redirect, scope};
use crate::moves;
use crate::password;
use crate::store::audit::{AuditEntry, Origin};
use crate::store::called_off::GrantsOf;
use crate::store::clients::Client;
use crate::store::grants::{Grant, Revocation};
use crate::store::overseen::OverseenGrant;
use crate::store::tokens::{Token, TokenKind};
use crate::store::users::{Role, User};
use crate::store::workspaces::{Mode, Workspace};
use crate::store::{Store, StoreError, Tx, hash_token};

/// In the audit log.
const OPERATOR: &str = "operator";
/// Names are shown on pages and in tables.
const LONGEST_NAME: usize = 100;
/// RFC 5321 §4.5.3.1.3, without the angle brackets.
const LONGEST_EMAIL: usize = 254;

#[derive(Clone)]
pub struct Operator {
    pub store: Store,
    pub door: Door,
}

/// A client as its maker gets to see it, once: the secret is kept as a hash only.
pub struct NewClient {
    pub id: ClientId,
    /// None for a public client.
    pub secret: Option<String>,
}

/// A client's new secret as its maker gets to see it, once.
pub struct RotatedSecret {
    pub secret: String,
    /// Until then the secret before is good as well.
    pub old_retires_at: Timestamp,
}

/// An access token as its maker gets to see it, once.
pub struct NewToken {
    /// What to revoke it by.
    pub grant: GrantId,
    pub token: String,
}

pub struct UserDraft {
    pub email: String,
    pub password: String,
    pub role: Role,
}

/// A workspace by its name.
#[derive(Clone)]
pub struct Place {
    pub workspace: String,
    /// Reads phone numbers that come without a country; given for a workspace that exists, it changes there.
    pub default_region: Option<String>,
}

impl Operator {
    pub async fn create_client(
        &self,
        name: &str,
        redirect_uris: Vec<String>,
        is_public: bool,
    ) -> anyhow::Result<NewClient> {
        let name = name_of("--name", name)?;
        if redirect_uris.is_empty() {
            bail!("a client needs at least one --redirect-uri");
        }
        for (place, uri) in redirect_uris.iter().enumerate() {
            if redirect_uris[..place].contains(uri) {
                bail!("--redirect-uri {uri} is given twice");
            }
            redirect::check(uri).with_context(|| format!("--redirect-uri {uri} cannot be used"))?;
        }
        let secret = (!is_public).then(|| format!("alc_cs_{}", self.door.token()));
        let client = Client {
            id: self.new_id(),
            name,
            secret_hash: secret.as_deref().map(hash_token),
            old_secret: None,
            redirect_uris,
            created_at: self.door.now(),
        };
        let id = client.id.clone();
        let entry = self.entry(None, "client.created", id.as_str());
        let kept = self.store.write(async move |tx| {
            tx.insert_client(&client).await?;
            tx.audit(&entry).await
        });
        kept.await?;
        Ok(NewClient { id, secret })
    }

    pub async fn clients(&self) -> anyhow::Result<Vec<Client>> {
        Ok(self.store.read(async |tx| tx.clients().await).await?)
    }

    /// A new secret. The one in force stays good for `overlap_ms`, so that nobody is locked out while the new one is put in place;
    /// an older one, still good from a rotation before, ends now.
    pub async fn rotate_client_secret(&self, id: &str, overlap_ms: i64) -> anyhow::Result<RotatedSecret> {
        let client = ClientId::from(id);
        let found = self.store.read(async move |tx| tx.client(&client).await).await?;
        if found.with_context(|| no_client(id))?.is_public() {
            bail!("{id} is a public client: it has no secret");
        }
        let (secret, entry) = (format!("alc_cs_{}", self.door.token()), self.entry(None, "client.secret_rotated", id));
        let old_retires_at = entry.at.plus_millis(overlap_ms);
        let (client, hash) = (ClientId::from(id), hash_token(&secret));
        let rotated = self.store.write(async move |tx| {
            let rotated = tx.rotate_client_secret(&client, &hash, old_retires_at).await?;
            if rotated {
                tx.audit(&entry).await?;
            }
            Ok(rotated)
        });
        if !rotated.await? {
            bail!(no_client(id));
        }
        Ok(RotatedSecret { secret, old_retires_at })
    }

    /// Ends everything the client was granted; tells how many grants that were.
    pub async fn delete_client(&self, id: &str) -> anyhow::Result<usize> {
        let entry = self.entry(None, "client.deleted", id);
        let why = self.revocation("client_deleted", entry.origin.trace.clone());
        let client = ClientId::from(id);
        let ended = self.store.write(async move |tx| {
            if !tx.delete_client(&client, why.at).await? {
                return Ok(None);
            }
            let ended = moves::end_grants_of(tx, &GrantsOf::Client(client.clone()), &why).await?;
            tx.audit(&entry.clone().of_many(ended)).await?;
            Ok(Some(ended))
        });
        ended.await?.with_context(|| no_client(id))
    }

    /// A person who may log in. The workspace is made when there is none of that name.
    pub async fn create_user(&self, draft: &UserDraft, place: Place) -> anyhow::Result<UserId> {
        let email = draft.email.trim().to_owned();
        if !is_email(&email) {
            bail!("--email must be an address like ada@example.com");
        }
        let place = place.checked()?;
        let password_hash = password::hash(&draft.password, &self.door)?;
        let (id, role, created_at) = (self.new_id::<UserId>(), draft.role, self.door.now());
        let workspace = self.workspace_draft(&place);
        let entry = self.entry(None, "user.created", id.as_str());

        let user = id.clone();
        let kept = self.store.write(async move |tx| {
            let workspace = place.settle(tx, &workspace).await?;
            let user = User {
                id: user.clone(),
                workspace: workspace.clone(),
                email: email.clone(),
                password_hash: password_hash.clone(),
                role,
                created_at,
            };
            if !tx.insert_user(&user).await? {
                return Err(StoreError::refused("email_taken", "somebody has that email address already"));
            }
            tx.audit(&AuditEntry { workspace: Some(workspace), ..entry.clone() }).await
        });
        kept.await?;
        Ok(id)
    }

    /// An access token that lasts until it is revoked and, being the operator's, concerns the whole workspace.
    pub async fn create_token(&self, place: Place, scopes: &[String]) -> anyhow::Result<NewToken> {
        let scope = scope::asked(Some(&scopes.join(" "))).map_err(|scope::UnknownScope| {
            anyhow::anyhow!("--scope must be among {}", crate::http::caller::SCOPES.join(", "))
        })?;
        let place = place.checked()?;
        let token = format!("alc_at_{}", self.door.token());
        let (grant, hash, created_at) = (self.new_id::<GrantId>(), hash_token(&token), self.door.now());
        let made = NewToken { grant: grant.clone(), token };
        let workspace = self.workspace_draft(&place);
        let entry = self.entry(None, "token.created", grant.as_str());

        let kept = self.store.write(async move |tx| {
            let workspace = place.settle(tx, &workspace).await?;
            let grant = Grant {
                id: grant.clone(),
                workspace: workspace.clone(),
                user: None,
                client: None,
                scope: scope.clone(),
                created_at,
            };
            tx.insert_grant(&grant).await?;
            let token = Token {
                hash: hash.clone(),
                kind: TokenKind::Access,
                workspace: workspace.clone(),
                grant: grant.id,
                scope: scope.clone(),
                created_at,
                expires_at: None,
                exchanged_for: None,
                used_at: None,
            };
            tx.insert_token(&token).await?;
            tx.audit(&AuditEntry { workspace: Some(workspace), ..entry.clone() }).await
        });
        kept.await?;
        Ok(made)
    }

    /// Ends a grant, the operator's or anybody's, with all that hangs on it. False when it had ended before.
    pub async fn revoke_grant(&self, id: &str) -> anyhow::Result<bool> {
        let why = self.revocation("operator_revoked", self.door.unique());
        let grant = GrantId::from(id);
        let ended = self.store.write(async move |tx| {
            let Some(workspace) = tx.workspace_of_grant(&grant).await? else { return Ok(None) };
            moves::end_grant(tx, &workspace, &grant, &why).await.map(Some)
        });
        ended.await?.with_context(|| format!("there is no grant {id}; `alc token list` shows the operator's"))
    }

    /// Every live grant, the operator's and everybody's.
    pub async fn grants(&self, workspace: Option<&str>) -> anyhow::Result<Vec<OverseenGrant>> {
        let workspace = self.workspace_if_named(workspace).await?;
        Ok(self.store.read(async move |tx| tx.overseen_grants(workspace.as_ref()).await).await?)
    }

    /// The workspace of that name; none when none is named.
    pub(crate) async fn workspace_if_named(&self, name: Option<&str>) -> anyhow::Result<Option<WorkspaceId>> {
        let Some(name) = name else { return Ok(None) };
        let wanted = name.to_owned();
        let found = self.store.read(async move |tx| tx.workspace_named(&wanted).await).await?;
        let found =
            found.with_context(|| format!("there is no workspace {name:?}; --workspace takes its name, exactly"))?;
        Ok(Some(found.id))
    }

    fn revocation(&self, reason: &'static str, trace: String) -> Revocation {
        let (door, origin, at) = (self.door.clone(), Origin::here(trace), self.door.now());
        Revocation { door, actor: OPERATOR.to_owned(), reason, origin, at }
    }

    pub(crate) fn new_id<I: NewId>(&self) -> I {
        I::from_unique(&self.door.unique())
    }

    pub(crate) fn workspace_draft(&self, place: &Place) -> Workspace {
        Workspace {
            id: self.new_id(),
            name: place.workspace.clone(),
            default_region: place.default_region.clone(),
            mode: Mode::Live,
            created_at: self.door.now(),
        }
    }

    pub(crate) fn entry(&self, workspace: Option<WorkspaceId>, action: &'static str, target: &str) -> AuditEntry {
        let at: Timestamp = self.door.now();
        let id: AuditId = self.new_id();
        // Nothing called this, so it is its own trace.
        let origin = Origin::here(self.door.unique());
        let (actor, target) = (OPERATOR.to_owned(), target.to_owned());
        AuditEntry { id, workspace, actor, action, target, reason: None, affected: None, origin, at }
    }
}

impl Place {
    /// The workspace of that name, made of `draft` if there is none.
    pub(crate) async fn settle(&self, tx: &mut Tx, draft: &Workspace) -> Result<WorkspaceId, StoreError> {
        if tx.insert_workspace(draft).await? {
            return Ok(draft.id.clone());
        }
        let Some(there) = tx.workspace_named(&self.workspace).await? else { return Err(StoreError::Again) };
        if let Some(region) = &self.default_region {
            tx.set_default_region(&there.id, region).await?;
        }
        Ok(there.id)
    }

    pub(crate) fn checked(self) -> anyhow::Result<Self> {
        let region = self.default_region.map(|code| {
            let region = Region::parse(&code);
            region.map(|region| region.as_str().to_owned()).map_err(|_| {
                anyhow::anyhow!("--default-region must be a country code that has phone numbers, like GB or US")
            })
        });
        Ok(Self { workspace: name_of("--workspace", &self.workspace)?, default_region: region.transpose()? })
    }
}

fn no_client(id: &str) -> String {
    format!("there is no client {id}; `alc client list` shows those there are")
}

fn name_of(option: &str, name: &str) -> anyhow::Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        bail!("{option} must be 1 to {LONGEST_NAME} characters without line breaks");
    }
    Ok(name.to_owned())
}

/// Enough to catch a slip of the hand; only a message that arrives proves more.
fn is_email(text: &str) -> bool {
    let is_plain = text.len() <= LONGEST_EMAIL && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    is_plain
        && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}
