//! Signed callbacks: the Standard Webhooks scheme (standardwebhooks.com, version 1).
//!
//! A callback carries `webhook-id`, `webhook-timestamp` (Unix seconds) and `webhook-signature`: one or more
//! space-separated `v1,<base64>` parts, each an HMAC-SHA256 of `id.timestamp.body`. Several parts stand there while a
//! secret rotates; one that matches any accepted secret is enough.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use thiserror::Error;

use crate::time::Timestamp;

/// How far the sender's clock may be from ours, either way. The scheme's recommended window.
pub const TOLERANCE_MS: i64 = 5 * 60 * 1000;

/// Shorter keys are refused: the scheme asks for 24 to 64 bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A signing secret, written `whsec_<base64>`.
#[derive(Clone)]
pub struct Secret {
    key: Vec<u8>,
}

/// Why a text is not a signing secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a signing secret is `whsec_` and the base64 of 24 to 64 bytes")]
pub struct InvalidSecret;

impl Secret {
    pub const PREFIX: &'static str = "whsec_";

    /// `key`: 24 to 64 random bytes.
    pub fn from_key(key: Vec<u8>) -> Result<Self, InvalidSecret> {
        if KEY_BYTES.contains(&key.len()) { Ok(Self { key }) } else { Err(InvalidSecret) }
    }

    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.trim().strip_prefix(Self::PREFIX).ok_or(InvalidSecret)?;
        Self::from_key(STANDARD.decode(encoded).map_err(|_| InvalidSecret)?)
    }

    /// The form in which a secret is handed over, once.
    pub fn reveal(&self) -> String {
        format!("{}{}", Self::PREFIX, STANDARD.encode(&self.key))
    }

    /// One `v1,…` part of `webhook-signature`.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        format!("v1,{}", STANDARD.encode(self.mac(id, &at.as_seconds().to_string(), body)))
    }

    fn mac(&self, id: &str, seconds: &str, body: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The three headers as they came in; a missing one is empty.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'a> {
    pub id: &'a str,
    pub timestamp: &'a str,
    pub signature: &'a str,
}

/// Why a callback was not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadSignature {
    #[error("the headers webhook-id, webhook-timestamp and webhook-signature must all be there")]
    MissingHeader,
    #[error("webhook-timestamp must be Unix seconds")]
    BadTimestamp,
    #[error("the callback was signed more than five minutes from now; check the clocks, or send it again")]
    OutsideWindow,
    #[error("no signature matches the secret; fetch the webhook's current secret")]
    NoMatch,
}

impl BadSignature {
    /// The stable code callers see.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingHeader => "signature_missing",
            Self::BadTimestamp => "signature_timestamp_invalid",
            Self::OutsideWindow => "signature_expired",
            Self::NoMatch => "signature_mismatch",
        }
    }
}

/// Believes a callback that one of `secrets` signed within [`TOLERANCE_MS`] of `now`.
///
/// `body` is the raw bytes as received: a body parsed and printed again is another body.
pub fn verify(secrets: &[Secret], headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<(), BadSignature> {
    if headers.id.is_empty() || headers.timestamp.is_empty() || headers.signature.is_empty() {
        return Err(BadSignature::MissingHeader);
    }
    let seconds: i64 = headers.timestamp.parse().map_err(|_| BadSignature::BadTimestamp)?;
    let sent = seconds.checked_mul(1000).ok_or(BadSignature::BadTimestamp)?;
    if now.since(Timestamp::from_millis(sent)).unsigned_abs() > TOLERANCE_MS.unsigned_abs() {
        return Err(BadSignature::OutsideWindow);
    }
    let offered: Vec<Vec<u8>> = headers
        .signature
        .split_ascii_whitespace()
        .filter_map(|part| part.strip_prefix("v1,"))
        .filter_map(|encoded| STANDARD.decode(encoded).ok())
        .collect();
    let matches = secrets.iter().any(|secret| {
        let expected = secret.mac(headers.id, headers.timestamp, body);
        offered.iter().any(|mac| bool::from(mac.as_slice().ct_eq(&expected)))
    });
    if matches { Ok(()) } else { Err(BadSignature::NoMatch) }
}
