//! `GET /v2/self`: whose token is this, and for which workspace.

use axum::{Json, extract::State, http::HeaderMap};
use serde_json::{Value, json};

use super::{Attio, access::presented, errors::AttioError};

/// Alone among the routes it answers 200 for a token it does not know: `active` says so.
pub(crate) async fn identify(State(attio): State<Attio>, headers: HeaderMap) -> Result<Json<Value>, AttioError> {
    let Some(secret) = presented(&headers) else {
        return Err(AttioError::missing_value("The Authorization header is missing or holds no token."));
    };
    let Some(token) = attio.token(&secret) else {
        return Ok(Json(json!({ "active": false })));
    };
    let workspace = attio.workspace();
    Ok(Json(json!({
        "active": true,
        "scope": token.scopes.join(" "),
        "client_id": token.id,
        "token_type": "Bearer",
        "exp": null,
        "iat": attio.started_at().as_second(),
        "sub": workspace.id,
        "aud": token.id,
        "iss": "attio.com",
        "token_level": "workspace",
        "workspace_id": workspace.id,
        "workspace_name": workspace.name,
        "workspace_slug": workspace.slug,
        "workspace_logo_url": null,
        "authorized_by_workspace_member_id": workspace.members[0].id,
    })))
}
