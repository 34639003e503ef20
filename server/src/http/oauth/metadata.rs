//! `GET /.well-known/oauth-authorization-server` (RFC 8414): what this provider can do, for clients that ask.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::prompt;
use crate::app::App;
use crate::http::caller::SCOPES;

/// RFC 8414 §2.
#[derive(Debug, Serialize, ToSchema)]
pub struct Metadata {
    #[schema(format = "uri")]
    issuer: String,
    #[schema(format = "uri")]
    authorization_endpoint: String,
    #[schema(format = "uri")]
    token_endpoint: String,
    #[schema(format = "uri")]
    revocation_endpoint: String,
    #[schema(format = "uri")]
    introspection_endpoint: String,
    #[schema(format = "uri")]
    service_documentation: String,
    scopes_supported: &'static [&'static str],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 2],
    token_endpoint_auth_methods_supported: [&'static str; 3],
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    prompt_values_supported: [&'static str; 3],
    code_challenge_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
}

/// What this provider can do.
///
/// For clients that configure themselves (RFC 8414).
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    operation_id = "readMetadata",
    tag = "OAuth",
    responses((status = 200, description = "The provider's metadata.", body = Metadata)),
)]
pub async fn show(State(app): State<App>) -> Json<Metadata> {
    let url = |path: &str| format!("{}{path}", app.public_url);
    let secrets = ["client_secret_basic", "client_secret_post"];
    let secrets_or_none = ["client_secret_basic", "client_secret_post", "none"];
    Json(Metadata {
        issuer: app.public_url.clone(),
        authorization_endpoint: url("/oauth/authorize"),
        token_endpoint: url("/oauth/token"),
        revocation_endpoint: url("/oauth/revoke"),
        introspection_endpoint: url("/oauth/introspect"),
        service_documentation: url("/docs"),
        scopes_supported: SCOPES,
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        token_endpoint_auth_methods_supported: secrets_or_none,
        revocation_endpoint_auth_methods_supported: secrets_or_none,
        introspection_endpoint_auth_methods_supported: secrets,
        prompt_values_supported: prompt::VALUES,
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
    })
}
