//! `GET /.well-known/oauth-authorization-server` (RFC 8414): what this provider can do, for clients that ask.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::prompt;
use crate::app::App;
use crate::http::caller::SCOPES;

pub async fn show(State(app): State<App>) -> Json<Value> {
    let url = |path: &str| format!("{}{path}", app.public_url);
    let secrets = ["client_secret_basic", "client_secret_post"];
    let secrets_or_none = ["client_secret_basic", "client_secret_post", "none"];
    Json(json!({
        "issuer": app.public_url,
        "authorization_endpoint": url("/oauth/authorize"),
        "token_endpoint": url("/oauth/token"),
        "revocation_endpoint": url("/oauth/revoke"),
        "introspection_endpoint": url("/oauth/introspect"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": secrets_or_none,
        "revocation_endpoint_auth_methods_supported": secrets_or_none,
        "introspection_endpoint_auth_methods_supported": secrets,
        "prompt_values_supported": prompt::VALUES,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}
