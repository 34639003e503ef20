//! `POST /oauth/introspect` (RFC 7662): a client asks what a token of its own is still worth.

use ::http::HeaderMap;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::client_auth::authenticate;
use super::error::OAuthError;
use super::params::Form;
use crate::app::App;
use crate::store::hash_token;
use crate::store::tokens::TokenKind;

/// Tokens of others look like unknown ones. A public client proves nothing about itself, so it is told nothing.
pub async fn introspect(
    State(app): State<App>,
    headers: HeaderMap,
    Form(params, _): Form<OAuthError>,
) -> Result<Json<Value>, OAuthError> {
    let client = authenticate(&app, &headers, &params).await?;
    if client.is_public() {
        return Err(OAuthError::invalid_client());
    }
    let hash = hash_token(params.get("token").ok_or_else(|| OAuthError::invalid_request("token is missing."))?);
    let now = app.now();
    let found = app.store.read(async move |tx| tx.token(&hash).await).await?;
    let live = found.filter(|(token, holder)| {
        let is_spent = token.kind == TokenKind::Refresh && token.used_at.is_some();
        holder.client.as_ref() == Some(&client.id) && !token.is_expired(now) && !is_spent
    });
    let Some((token, holder)) = live else { return Ok(Json(json!({"active": false}))) };
    let mut answer = json!({
        "active": true,
        "scope": token.scope,
        "client_id": client.id,
        "sub": holder.user,
        "iat": token.created_at.as_seconds(),
        "iss": app.public_url,
    });
    if let Some(expires_at) = token.expires_at {
        answer["exp"] = expires_at.as_seconds().into();
    }
    if token.kind == TokenKind::Access {
        answer["token_type"] = "Bearer".into();
    }
    Ok(Json(answer))
}
