//! `POST /oauth/token`: a code, or a refresh token, becomes the next pair of tokens.
//!
//! What was used once and comes back was seen by two parties, and nobody can say which of them is the right one: the grant is
//! revoked (RFC 9700 §2.1.1, §4.14.2). Where the operator allows a grace (`oauth.refresh_grace_s`), a confidential client that
//! lost the answer may ask with the same refresh token again, as long as nobody has used what the answer held.

use ::http::HeaderMap;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use alc_core::id::{ClientId, GrantId, WorkspaceId};

use super::client_auth::{ClientInForm, authenticate};
use super::error::OAuthError;
use super::params::Form;
use super::{pkce, scope};
use crate::app::App;
use crate::fail_point::FailPoint;
use crate::moves;
use crate::store::audit::{AuditEntry, Origin};
use crate::store::clients::Client;
use crate::store::grants::Revocation;
use crate::store::tokens::{Token, TokenKind};
use crate::store::{StoreError, Tx, hash_token};

/// RFC 6749 §5.1.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    expires_in: i64,
    refresh_token: String,
    scope: String,
}

/// What a client asks for. With a code: `code`, the `redirect_uri` it was asked for with, and `code_verifier`. With a refresh token:
/// `refresh_token`, and a narrower `scope` if it likes.
#[derive(Deserialize, ToSchema)]
pub struct TokenRequest {
    /// `authorization_code` or `refresh_token`.
    #[schema(required, nullable = false)]
    grant_type: Option<String>,
    #[schema(nullable = false)]
    code: Option<String>,
    #[schema(nullable = false)]
    redirect_uri: Option<String>,
    /// What `code_challenge` was made of (RFC 7636).
    #[schema(nullable = false)]
    code_verifier: Option<String>,
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    #[schema(nullable = false)]
    scope: Option<String>,
    #[serde(flatten)]
    client: ClientInForm,
}

/// Get tokens.
///
/// A code, or a refresh token, becomes the next pair of tokens. Each can be used once: what comes back a second time ends the grant.
#[utoipa::path(
    post,
    path = "/oauth/token",
    operation_id = "exchangeToken",
    tag = "OAuth",
    security(("client" = []), ()),
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The tokens (RFC 6749 §5.1).", body = Tokens), OAuthError),
)]
pub async fn exchange(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Form(params, _): Form<OAuthError>,
) -> Result<Json<Tokens>, OAuthError> {
    let asked = params.read::<TokenRequest>();
    let client = authenticate(&app, &headers, &params, &asked.client).await?;
    match asked.grant_type.as_deref() {
        Some("authorization_code") => redeem(&app, client, asked, origin).await.map(Json),
        Some("refresh_token") => refresh(&app, client, asked, origin).await.map(Json),
        Some(_) => Err(OAuthError::unsupported_grant_type("grant_type must be authorization_code or refresh_token.")),
        None => Err(OAuthError::invalid_request("grant_type is missing: authorization_code or refresh_token.")),
    }
}

async fn redeem(app: &App, client: Client, asked: TokenRequest, origin: Origin) -> Result<Tokens, OAuthError> {
    let hash = hash_token(&asked.code.ok_or_else(|| OAuthError::invalid_request("code is missing."))?);
    let (redirect_uri, verifier) = (asked.redirect_uri, asked.code_verifier);
    let replayed = revocation(app, &client.id, "code_replayed", origin);
    let fresh = Fresh::new(app);

    // A refusal is an answer like any other: what it changed on the way is kept.
    let answer = app.store.write(async move |tx| {
        let Some((code, scope)) = tx.hold_code(&hash).await? else {
            return Ok(Err(OAuthError::invalid_grant("The code is unknown. Ask for authorization again.")));
        };
        if code.client != client.id {
            return Ok(Err(OAuthError::invalid_grant("The code was issued to another client.")));
        }
        if code.used_at.is_some() {
            moves::end_grant(tx, &code.workspace, &code.grant, &replayed).await?;
            let description =
                "The code was used before, so the access it gave is revoked. Ask for authorization again.";
            return Ok(Err(OAuthError::invalid_grant(description)));
        }
        if code.expires_at <= fresh.now {
            return Ok(Err(OAuthError::invalid_grant("The code has expired. Ask for authorization again.")));
        }
        if redirect_uri.as_deref() != Some(&code.redirect_uri) {
            let description = "redirect_uri is not the one the code was asked for with; it must be exactly the same.";
            return Ok(Err(OAuthError::invalid_grant(description)));
        }
        if let Err(reason) = pkce::verify(code.challenge.as_deref(), verifier.as_deref()) {
            return Ok(Err(OAuthError::invalid_grant(format!("{reason}."))));
        }
        if !tx.hold_live_grant(&code.workspace, &code.grant).await? {
            return Ok(Err(OAuthError::invalid_grant("The access was revoked. Ask for authorization again.")));
        }
        tx.use_code(&code, fresh.now).await?;
        tx.audit(&issued(&replayed, &code.workspace, &code.grant, "code")).await?;
        fresh.keep(tx, &code.workspace, &code.grant, &scope, &scope, None).await.map(Ok)
    });
    let tokens = answer.await?;
    FailPoint::CodeUsed.reached();
    tokens
}

async fn refresh(app: &App, client: Client, asked: TokenRequest, origin: Origin) -> Result<Tokens, OAuthError> {
    let hash = asked.refresh_token.ok_or_else(|| OAuthError::invalid_request("refresh_token is missing."))?;
    let (hash, narrowed) = (hash_token(&hash), asked.scope);
    let reused = revocation(app, &client.id, "refresh_token_reused", origin);
    let fresh = Fresh::new(app);
    // A public client proves nothing about itself: its token may be in anybody's hands.
    let grace_s = if client.is_public() { 0 } else { app.settings.oauth.refresh_grace_s };

    let answer = app.store.write(async move |tx| {
        let unknown = "The refresh token is unknown, or its access was revoked. Connect again.";
        let found = tx.hold_token(&hash).await?;
        let Some((token, holder)) = found.filter(|(token, _)| token.kind == TokenKind::Refresh) else {
            return Ok(Err(OAuthError::invalid_grant(unknown)));
        };
        if holder.client.as_ref() != Some(&client.id) {
            return Ok(Err(OAuthError::invalid_grant("The refresh token was issued to another client.")));
        }
        let in_grace = token.used_at.is_some_and(|at| fresh.now < at.plus_millis(grace_s.saturating_mul(1000)));
        if token.used_at.is_some() && !in_grace {
            moves::end_grant(tx, &token.workspace, &token.grant, &reused).await?;
            return Ok(Err(OAuthError::invalid_grant(USED_BEFORE)));
        }
        if token.is_expired(fresh.now) {
            return Ok(Err(OAuthError::invalid_grant("The refresh token has expired. Connect again.")));
        }
        let Ok(scope) = scope::narrowed(&token.scope, narrowed.as_deref()) else {
            let description = "scope asks for more than was granted. Ask for less, or connect again and grant it.";
            return Ok(Err(OAuthError::invalid_scope(description)));
        };
        if !tx.hold_live_grant(&token.workspace, &token.grant).await? {
            return Ok(Err(OAuthError::invalid_grant(unknown)));
        }
        if !in_grace {
            tx.use_token(&token, fresh.now).await?;
        } else if !tx.take_back_unused(&token, fresh.now).await? {
            moves::end_grant(tx, &token.workspace, &token.grant, &reused).await?;
            return Ok(Err(OAuthError::invalid_grant(USED_BEFORE)));
        }
        tx.audit(&issued(&reused, &token.workspace, &token.grant, "refresh_token")).await?;
        let exchanged_for = Some(&token.hash);
        fresh.keep(tx, &token.workspace, &token.grant, &scope, &token.scope, exchanged_for).await.map(Ok)
    });
    answer.await?
}

const USED_BEFORE: &str = "The refresh token was used before, so the access it gave is revoked. Connect again.";

pub(super) fn revocation(app: &App, client: &ClientId, reason: &'static str, origin: Origin) -> Revocation {
    Revocation { door: app.door.clone(), actor: client.to_string(), reason, origin, at: app.now() }
}

/// The line of the audit log for a pair of tokens, given by whoever would have been to blame for the opposite.
fn issued(by: &Revocation, workspace: &WorkspaceId, grant: &GrantId, for_what: &'static str) -> AuditEntry {
    AuditEntry {
        id: AuditEntry::new_id(&by.door),
        workspace: Some(workspace.clone()),
        actor: by.actor.clone(),
        action: "token.issued",
        target: grant.to_string(),
        reason: Some(for_what),
        affected: None,
        origin: by.origin.clone(),
        at: by.at,
    }
}

/// A pair of tokens and its times, made before the transaction so that running it again gives the same.
struct Fresh {
    access: String,
    refresh: String,
    now: alc_core::time::Timestamp,
    access_s: i64,
    refresh_s: i64,
}

impl Fresh {
    fn new(app: &App) -> Self {
        Self {
            access: format!("alc_at_{}", app.door.token()),
            refresh: format!("alc_rt_{}", app.door.token()),
            now: app.now(),
            access_s: app.settings.oauth.access_token_lifetime_s,
            refresh_s: app.settings.oauth.refresh_token_lifetime_s,
        }
    }

    /// The refresh token keeps the whole scope, however narrow the access token was asked for.
    async fn keep(
        &self,
        tx: &mut Tx,
        workspace: &WorkspaceId,
        grant: &GrantId,
        scope: &str,
        whole_scope: &str,
        exchanged_for: Option<&String>,
    ) -> Result<Tokens, StoreError> {
        let token = |text: &str, kind, scope: &str, lifetime_s: i64| Token {
            hash: hash_token(text),
            kind,
            workspace: workspace.clone(),
            grant: grant.clone(),
            scope: scope.to_owned(),
            created_at: self.now,
            expires_at: Some(self.now.plus_millis(lifetime_s.saturating_mul(1000))),
            exchanged_for: exchanged_for.cloned(),
            used_at: None,
        };
        tx.insert_token(&token(&self.access, TokenKind::Access, scope, self.access_s)).await?;
        tx.insert_token(&token(&self.refresh, TokenKind::Refresh, whole_scope, self.refresh_s)).await?;
        Ok(Tokens {
            access_token: self.access.clone(),
            token_type: "Bearer",
            expires_in: self.access_s,
            refresh_token: self.refresh.clone(),
            scope: scope.to_owned(),
        })
    }
}
