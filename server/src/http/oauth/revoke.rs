//! `POST /oauth/revoke` (RFC 7009): a client gives back what it was given.

use ::http::{HeaderMap, StatusCode};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::client_auth::{ClientInForm, authenticate};
use super::error::OAuthError;
use super::params::Form;
use super::token::revocation;
use crate::app::App;
use crate::moves;
use crate::store::audit::{AuditEntry, Origin};
use crate::store::hash_token;
use crate::store::tokens::TokenKind;

/// Which token it is about.
#[derive(Deserialize, ToSchema)]
pub struct TokenInForm {
    #[schema(required, nullable = false)]
    pub token: Option<String>,
    #[serde(flatten)]
    pub client: ClientInForm,
}

/// Give a token back.
///
/// A refresh token takes its whole grant with it, an access token only itself. A token that is gone already is no error: the
/// client got what it wanted (RFC 7009).
#[utoipa::path(
    post,
    path = "/oauth/revoke",
    operation_id = "revokeToken",
    tag = "OAuth",
    security(("client" = []), ()),
    request_body(content = TokenInForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "It is worth nothing any more."), OAuthError),
)]
pub async fn revoke(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Form(params, _): Form<OAuthError>,
) -> Result<StatusCode, OAuthError> {
    let asked = params.read::<TokenInForm>();
    let client = authenticate(&app, &headers, &params, &asked.client).await?;
    let hash = hash_token(asked.token.as_deref().ok_or_else(|| OAuthError::invalid_request("token is missing."))?);
    let why = revocation(&app, &client.id, "token_revoked", origin);
    let is_theirs = app.store.write(async move |tx| {
        let Some((token, holder)) = tx.hold_token(&hash).await? else { return Ok(true) };
        if holder.client.as_ref() != Some(&client.id) {
            return Ok(false);
        }
        match token.kind {
            TokenKind::Refresh => drop(moves::end_grant(tx, &token.workspace, &token.grant, &why).await?),
            TokenKind::Access => {
                tx.delete_token(&token).await?;
                let deed = AuditEntry {
                    id: AuditEntry::new_id(&why.door),
                    workspace: Some(token.workspace),
                    actor: why.actor.clone(),
                    action: "token.revoked",
                    target: token.grant.to_string(),
                    reason: None,
                    affected: None,
                    origin: why.origin.clone(),
                    at: why.at,
                };
                tx.audit(&deed).await?;
            }
        }
        Ok(true)
    });
    if is_theirs.await? {
        Ok(StatusCode::OK)
    } else {
        Err(OAuthError::unauthorized_client("The token was issued to another client."))
    }
}
