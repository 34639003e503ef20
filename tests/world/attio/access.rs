//! Who may do what: tokens with scopes, checked before anything else is looked at.

use std::marker::PhantomData;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use uuid::Uuid;

use super::{
    Attio,
    errors::AttioError,
    workspace::{Actor, seeded_id},
};

const ALL_SCOPES: &[&str] =
    &["object_configuration:read-write", "record_permission:read-write", "user_management:read"];

/// An access token of the workspace.
#[derive(Clone, Debug)]
pub struct Token {
    pub(super) secret: String,
    pub(super) id: Uuid,
    pub(super) scopes: Vec<String>,
}

impl Token {
    /// A token that may do everything.
    pub fn new(secret: &str) -> Self {
        Self::with_scopes(secret, ALL_SCOPES.iter().copied())
    }

    /// A token that may do only this; `…:read-write` includes `…:read`.
    pub fn with_scopes<'a>(secret: &str, scopes: impl IntoIterator<Item = &'a str>) -> Self {
        let id = seeded_id(&format!("token/{secret}"));
        Self { secret: secret.to_owned(), id, scopes: scopes.into_iter().map(str::to_owned).collect() }
    }

    fn allows(&self, needed: &str) -> bool {
        self.scopes.iter().any(|scope| scope == needed || scope.strip_suffix("-write") == Some(needed))
    }
}

/// What a route needs; each holds the scopes of the operation.
pub(crate) trait Permission {
    const SCOPES: &'static [&'static str];
}

pub(crate) struct ReadObjects;
pub(crate) struct ConfigureObjects;
pub(crate) struct ReadRecords;
pub(crate) struct WriteRecords;

impl Permission for ReadObjects {
    const SCOPES: &'static [&'static str] = &["object_configuration:read"];
}

impl Permission for ConfigureObjects {
    const SCOPES: &'static [&'static str] = &["object_configuration:read-write"];
}

impl Permission for ReadRecords {
    const SCOPES: &'static [&'static str] = &["record_permission:read", "object_configuration:read"];
}

impl Permission for WriteRecords {
    const SCOPES: &'static [&'static str] = &["record_permission:read-write", "object_configuration:read"];
}

/// A caller whose token allows `P`.
pub(crate) struct Caller<P> {
    pub(crate) actor: Actor,
    permission: PhantomData<P>,
}

impl<P: Permission> FromRequestParts<Attio> for Caller<P> {
    type Rejection = AttioError;

    async fn from_request_parts(parts: &mut Parts, attio: &Attio) -> Result<Self, AttioError> {
        let secret = presented(&parts.headers).ok_or_else(AttioError::unauthorized)?;
        let token = attio.token(&secret).ok_or_else(AttioError::unauthorized)?;
        if let Some(missing) = P::SCOPES.iter().find(|scope| !token.allows(scope)) {
            return Err(AttioError::forbidden(missing));
        }
        Ok(Self { actor: Actor::token(token.id), permission: PhantomData })
    }
}

/// The token as sent: Bearer, or Basic with the token as user name and no password.
pub(super) fn presented(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned()).filter(|token| !token.is_empty());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
        return pair.strip_suffix(':').map(str::to_owned);
    }
    None
}
