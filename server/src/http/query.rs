//! Query strings of lists, read strictly: a filter that is misspelt must not answer with everything there is.

use std::fmt;

use ::http::request::Parts;
use alc_core::time::Timestamp;
use axum::extract::FromRequestParts;
use serde::de::value::MapDeserializer;
use serde::de::{self, DeserializeOwned};

use super::problem::ApiError;

/// How many items a page has when nothing is said, and at most.
const DEFAULT_LIMIT: usize = 50;
const LONGEST_PAGE: usize = 250;

/// The parameters of a query as a struct has them, each known and there at most once. The same struct describes them to callers.
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: DeserializeOwned>(raw: &str) -> Result<T, ApiError> {
    let pairs =
        url::form_urlencoded::parse(raw.as_bytes()).map(|(name, value)| (name.into_owned(), Given(value.into_owned())));
    T::deserialize(MapDeserializer::new(pairs)).map_err(|Unfit(error)| error)
}

/// The value of a parameter that is there.
pub struct Given(pub String);

impl de::IntoDeserializer<'_, Unfit> for Given {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> de::Deserializer<'de> for Given {
    type Error = Unfit;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_some(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// Why a query does not fit, as serde finds it out.
#[derive(Debug)]
pub struct Unfit(ApiError);

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        // Every parameter is read as a text first, so nothing comes here.
        Self(ApiError::internal())
    }

    fn unknown_field(_: &str, known: &'static [&'static str]) -> Self {
        let detail = format!("There is no such parameter here. Choose among {}.", known.join(", "));
        Self(ApiError::bad_request("unknown_parameter", detail))
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self(ApiError::bad_request("repeated_parameter", format!("The parameter {name} is there twice. Say it once.")))
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.detail())
    }
}

impl std::error::Error for Unfit {}

/// `limit`: how many items the page has.
pub fn limit(text: Option<&str>) -> Result<usize, ApiError> {
    let Some(text) = text else { return Ok(DEFAULT_LIMIT) };
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let limit = text.parse().ok().filter(|limit| is_number && (1..=LONGEST_PAGE).contains(limit));
    limit.ok_or_else(|| {
        let detail = format!("limit must be a whole number from 1 to {LONGEST_PAGE}.");
        ApiError::bad_request("invalid_limit", detail)
    })
}

/// A moment, RFC 3339; between two milliseconds the earlier one counts, so that "later than" stays true.
pub fn after(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    Ok(nanoseconds(name, text)?.map(|at| millis(at.div_euclid(NANOS_PER_MILLI))))
}

/// A moment, RFC 3339; between two milliseconds the later one counts, so that "earlier than" stays true.
pub fn before(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    Ok(nanoseconds(name, text)?.map(|at| millis(-(-at).div_euclid(NANOS_PER_MILLI))))
}

fn nanoseconds(name: &str, text: Option<&str>) -> Result<Option<i128>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let at = text.parse::<jiff::Timestamp>().ok().filter(|_| is_rfc3339(text));
    let at = at.ok_or_else(|| {
        let detail =
            format!("{name} must be a time like 2026-01-31T12:00:00Z (RFC 3339; a + is written %2B in a query).");
        ApiError::bad_request("invalid_time", detail)
    })?;
    Ok(Some(at.as_nanosecond()))
}

const NANOS_PER_MILLI: i128 = 1_000_000;

fn millis(millis: i128) -> Timestamp {
    // Every time jiff can read fits.
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// The parser knows more ways to write a time than we promise to read.
fn is_rfc3339(text: &str) -> bool {
    let Some((date, rest)) = text.as_bytes().split_at_checked(10) else { return false };
    let is_like = |text: &[u8], shape: &[u8]| {
        text.len() >= shape.len()
            && shape.iter().zip(text).all(|(shape, found)| match shape {
                b'0' => found.is_ascii_digit(),
                shape => shape.eq_ignore_ascii_case(found),
            })
    };
    if !is_like(date, b"0000-00-00") || !is_like(rest, b"T00:00:00") {
        return false;
    }
    let offset = match rest[9..].strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|digit| digit.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            &fraction[digits..]
        }
        None => &rest[9..],
    };
    offset.eq_ignore_ascii_case(b"Z")
        || (offset.len() == 6 && (is_like(offset, b"+00:00") || is_like(offset, b"-00:00")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        limit: Option<String>,
        at: Option<String>,
    }

    fn query(raw: &str) -> Result<Asked, ApiError> {
        parse(raw)
    }

    #[test]
    fn what_is_not_known_or_comes_twice_is_refused() {
        assert_eq!(query("lmit=3").err().unwrap().code(), "unknown_parameter");
        assert_eq!(query("limit=3&limit=3").err().unwrap().code(), "repeated_parameter");
        assert!(query("").unwrap().limit.is_none());
    }

    #[test]
    fn a_page_has_a_limit() {
        let limit = |raw: &str| limit(query(raw).unwrap().limit.as_deref());
        assert_eq!(limit("").unwrap(), 50);
        assert_eq!(limit("limit=1").unwrap(), 1);
        assert_eq!(limit("limit=250").unwrap(), 250);
        for wrong in ["0", "251", "-1", "%2B5", "5.0", "", "ten", "99999999999999999999999"] {
            assert_eq!(limit(&format!("limit={wrong}")).unwrap_err().code(), "invalid_limit", "{wrong}");
        }
    }

    #[test]
    fn moments_between_two_milliseconds_keep_their_side() {
        let both = |text: &str| {
            let at = query(&format!("at={text}")).unwrap().at;
            let (after, before) = (after("at", at.as_deref()), before("at", at.as_deref()));
            let (after, before) = (after.unwrap().unwrap(), before.unwrap().unwrap());
            (after.as_millis(), before.as_millis())
        };
        assert_eq!(both("1970-01-01T00:00:01.5Z"), (1500, 1500));
        assert_eq!(both("1970-01-01T00:00:01.5000001Z"), (1500, 1501));
        assert_eq!(both("1969-12-31T23:59:59.9999999Z"), (-1, 0));
        assert_eq!(both("1970-01-01t02:00:00.000%2B02:00"), (0, 0));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in [
            "",
            "yesterday",
            "2026-01-31",
            "2026-01-31T12:00:00",
            "2026-01-31T12:00Z",
            "2026-01-31%2012:00:00Z",
            "2026-02-30T12:00:00Z",
            "2026-01-31T12:00:00+01:00",
            "2026-01-31T12:00:00.Z",
            "2026-01-31T12:00:00Z[UTC]",
        ] {
            let at = query(&format!("at={wrong}")).unwrap().at;
            let refused = after("at", at.as_deref()).unwrap_err();
            assert_eq!(refused.code(), "invalid_time", "{wrong}");
        }
    }
}
