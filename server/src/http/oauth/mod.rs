//! The OAuth 2.0 provider: RFC 6749 (authorization code), 7636 (PKCE), 7009, 7662, 8414, 9207, kept as RFC 9700 advises.
//!
//! A client sends a person to `authorize`, gets a code back, and turns it into tokens at `token`. Everything hangs on the grant
//! that the consent made; `store::grants` is where it ends.

mod authorize;
mod client_auth;
mod error;
pub(super) mod first_use;
mod introspect;
mod metadata;
pub(super) mod params;
mod pkce;
mod prompt;
pub(crate) mod redirect;
mod revoke;
pub(crate) mod scope;
mod token;

#[cfg(test)]
mod tests;

use ::http::{HeaderValue, header};
use axum::Router;
use axum::routing::{get, post};
use tower_http::set_header::SetResponseHeaderLayer;

use super::login;
use crate::app::App;

pub fn router() -> Router<App> {
    let pages = Router::new().route("/oauth/authorize", get(authorize::show).post(authorize::decide));
    let programs = Router::new()
        .route("/oauth/token", post(token::exchange))
        .route("/oauth/revoke", post(revoke::revoke))
        .route("/oauth/introspect", post(introspect::introspect))
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(SetResponseHeaderLayer::overriding(header::PRAGMA, HeaderValue::from_static("no-cache")));
    login::same_origin_only(pages.merge(login::router()))
        .merge(programs)
        .route("/.well-known/oauth-authorization-server", get(metadata::show))
}
