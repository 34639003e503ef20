//! The OAuth 2.0 provider: RFC 6749 (authorization code), 7636 (PKCE), 7009, 7662, 8414, 9207, kept as RFC 9700 advises.
//!
//! A client sends a person to `authorize`, gets a code back, and turns it into tokens at `token`. Everything hangs on the grant
//! that the consent made; `store::grants` is where it ends.

mod authorize;
mod client_auth;
pub(super) mod error;
pub(super) mod first_use;
mod introspect;
mod metadata;
pub(super) mod params;
mod pkce;
mod prompt;
pub(crate) mod redirect;
mod request;
mod revoke;
pub(crate) mod scope;
mod token;

#[cfg(test)]
mod tests;

use ::http::{HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::login;
use crate::app::App;

pub fn router() -> OpenApiRouter<App> {
    let pages = OpenApiRouter::new().routes(routes!(authorize::show, authorize::decide));
    let programs = OpenApiRouter::new()
        .routes(routes!(token::exchange))
        .routes(routes!(revoke::revoke))
        .routes(routes!(introspect::introspect))
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(SetResponseHeaderLayer::overriding(header::PRAGMA, HeaderValue::from_static("no-cache")));
    login::same_origin_only(pages.merge(login::router())).merge(programs).routes(routes!(metadata::show))
}
