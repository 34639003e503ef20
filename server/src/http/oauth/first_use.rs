//! The first use of an access token, noted where a refresh may be repeated (`oauth.refresh_grace_s`): who uses the token has got
//! the answer it came with, so whoever asks for that answer again has not.

use ::http::{HeaderMap, header};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::http::problem::ApiError;
use crate::store::tokens::TokenKind;
use crate::store::{StoreError, hash_token};

/// Middleware. What it notes is kept before the request goes on: had the token been taken back just before, the request finds
/// it gone.
pub async fn note(State(app): State<App>, request: Request, next: Next) -> Result<Response, ApiError> {
    if app.settings.oauth.refresh_grace_s > 0
        && let Some(hash) = presented(request.headers())
    {
        keep(&app, hash).await?;
    }
    Ok(next.run(request).await)
}

async fn keep(app: &App, hash: String) -> Result<(), StoreError> {
    let now = app.now();
    let found = app.store.read(async move |tx| tx.token(&hash).await).await?;
    // Only a pair that came from a refresh can be asked for again.
    let unused = found
        .map(|(token, _)| token)
        .filter(|token| token.kind == TokenKind::Access && token.used_at.is_none() && token.exchanged_for.is_some());
    match unused {
        Some(token) => app.store.write(async move |tx| tx.use_token(&token, now).await).await,
        None => Ok(()),
    }
}

/// The hash of the bearer token; whether the request is good otherwise is decided where it is answered.
fn presented(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| hash_token(token.trim()))
}
