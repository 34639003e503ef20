//! Ids in paths. What cannot be an id of ours is answered like one we do not have: there is nothing there.

use ::http::request::Parts;
use axum::extract::{FromRequestParts, Path};

use super::problem::ApiError;

/// Longer texts are no ids of ours, and need not reach the store.
const LONGEST: usize = 64;

/// What a path's id names, in the words of the API.
pub trait Named: From<String> {
    const WHAT: &'static str;
}

impl Named for alc_core::id::LeadId {
    const WHAT: &'static str = "lead";
}

impl Named for alc_core::id::WebhookId {
    const WHAT: &'static str = "webhook";
}

impl Named for alc_core::id::ConnectionId {
    const WHAT: &'static str = "connection";
}

impl Named for alc_core::id::DeliveryId {
    const WHAT: &'static str = "delivery";
}

impl Named for alc_core::id::MessageId {
    const WHAT: &'static str = "message";
}

/// The one id in a path.
pub struct PathId<I>(pub I);

impl<S: Send + Sync, I: Named> FromRequestParts<S> for PathId<I> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await.map(|Path(text)| text).unwrap_or_default();
        id(text).map(Self)
    }
}

/// The two ids in a path, the outer first.
pub struct PathIds<A, B>(pub A, pub B);

impl<S: Send + Sync, A: Named, B: Named> FromRequestParts<S> for PathIds<A, B> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let texts = Path::<(String, String)>::from_request_parts(parts, state).await;
        let (outer, inner) = texts.map(|Path(texts)| texts).unwrap_or_default();
        Ok(Self(id(outer)?, id(inner)?))
    }
}

fn id<I: Named>(text: String) -> Result<I, ApiError> {
    let may_be_an_id = text.len() <= LONGEST && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    if may_be_an_id { Ok(I::from(text)) } else { Err(ApiError::not_found(I::WHAT)) }
}
