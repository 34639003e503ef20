//! `POST /oauth/introspect` (RFC 7662): a client asks what a token of its own is still worth.

use ::http::HeaderMap;
use alc_core::id::{ClientId, UserId};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::client_auth::authenticate;
use super::error::OAuthError;
use super::params::Form;
use super::revoke::TokenInForm;
use crate::app::App;
use crate::http::always::Always;
use crate::store::hash_token;
use crate::store::tokens::TokenKind;

/// What a token is worth (RFC 7662 §2.2). Of one that is worth nothing, nothing more is said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Worth {
    Live(LiveToken),
    Nothing {
        #[schema(inline)]
        active: Always<false>,
    },
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LiveToken {
    #[schema(inline)]
    active: Always<true>,
    scope: String,
    client_id: ClientId,
    /// Who gave the consent.
    #[schema(required)]
    sub: Option<UserId>,
    iat: i64,
    iss: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exp: Option<i64>,
    /// `Bearer`, for an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token_type: Option<&'static str>,
}

/// Ask what a token is worth.
///
/// Tokens of others look like unknown ones. A public client proves nothing about itself, so it is told nothing.
#[utoipa::path(
    post,
    path = "/oauth/introspect",
    operation_id = "introspectToken",
    tag = "OAuth",
    security(("client" = []), ()),
    request_body(content = TokenInForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What it is worth.", body = Worth), OAuthError),
)]
pub async fn introspect(
    State(app): State<App>,
    headers: HeaderMap,
    Form(params, _): Form<OAuthError>,
) -> Result<Json<Worth>, OAuthError> {
    let asked = params.read::<TokenInForm>();
    let client = authenticate(&app, &headers, &params, &asked.client).await?;
    if client.is_public() {
        return Err(OAuthError::invalid_client());
    }
    let hash = hash_token(asked.token.as_deref().ok_or_else(|| OAuthError::invalid_request("token is missing."))?);
    let now = app.now();
    let found = app.store.read(async move |tx| tx.token(&hash).await).await?;
    let live = found.filter(|(token, holder)| {
        let is_spent = token.kind == TokenKind::Refresh && token.used_at.is_some();
        holder.client.as_ref() == Some(&client.id) && !token.is_expired(now) && !is_spent
    });
    let Some((token, holder)) = live else { return Ok(Json(Worth::Nothing { active: Always })) };
    Ok(Json(Worth::Live(LiveToken {
        active: Always,
        scope: token.scope,
        client_id: client.id,
        sub: holder.user,
        iat: token.created_at.as_seconds(),
        iss: app.public_url.clone(),
        exp: token.expires_at.map(alc_core::time::Timestamp::as_seconds),
        token_type: (token.kind == TokenKind::Access).then_some("Bearer"),
    })))
}
