//! Parameters as OAuth sends them: in a query or a form, each at most once, an empty one the same as none (RFC 6749 §3.1, §3.2).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::convert::Infallible;
use std::marker::PhantomData;

use ::http::request::Parts;
use ::http::{StatusCode, header};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;

use crate::http::query::Given;

#[derive(Default)]
pub struct Params {
    values: BTreeMap<String, String>,
    broken: Option<Broken>,
}

/// Why the parameters as a whole cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    Repeated(String),
    /// No text of ours has one, and PostgreSQL takes none.
    HasNul(String),
}

impl Params {
    pub fn parse(encoded: &[u8]) -> Self {
        let mut params = Self::default();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if value.is_empty() {
                continue;
            }
            let (name, value) = (name.into_owned(), value.into_owned());
            if value.contains('\0') {
                params.broken.get_or_insert(Broken::HasNul(name));
                continue;
            }
            match params.values.entry(name) {
                Entry::Vacant(free) => {
                    free.insert(value);
                }
                Entry::Occupied(taken) => {
                    params.broken.get_or_insert(Broken::Repeated(taken.key().clone()));
                }
            }
        }
        params
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All that a struct names. What it does not name is no error (RFC 6749 §3.1).
    pub fn read<T: DeserializeOwned>(&self) -> T {
        let pairs = self.values.iter().map(|(name, value)| (name.as_str(), Given(value.clone())));
        T::deserialize(MapDeserializer::new(pairs)).expect("the fields are texts that may be missing")
    }

    pub const fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }
}

impl Broken {
    pub fn name(&self) -> &str {
        match self {
            Self::Repeated(name) | Self::HasNul(name) => name,
        }
    }

    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Repeated(_) => "a parameter is given more than once",
            Self::HasNul(_) => "a parameter contains a NUL character",
        }
    }
}

/// The query of a request.
pub struct Query(pub Params);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Params::parse(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}

/// The body of a request. `E` is how the route says no: JSON for programs, a page for people.
pub struct Form<E>(pub Params, pub PhantomData<E>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAForm {
    ContentType,
    Unread(StatusCode),
}

impl<S: Send + Sync, E: From<NotAForm> + IntoResponse> FromRequest<S> for Form<E> {
    type Rejection = E;

    async fn from_request(request: Request, state: &S) -> Result<Self, E> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(NotAForm::ContentType.into());
        }
        let body = Bytes::from_request(request, state).await.map_err(|unread| NotAForm::Unread(unread.status()))?;
        Ok(Self(Params::parse(&body), PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_parameter_is_none_and_a_repeated_one_is_seen() {
        let params = Params::parse(b"state=&scope=a%20b+c&scope=d");
        assert_eq!((params.get("state"), params.get("scope")), (None, Some("a b c")));
        assert_eq!(params.broken(), Some(&Broken::Repeated("scope".into())));
        assert_eq!(Params::parse(b"code=a%00b").broken(), Some(&Broken::HasNul("code".into())));
        assert_eq!(Params::parse(b"state=&state=&x=1").broken(), None);
    }
}
