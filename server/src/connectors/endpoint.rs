//! A partner's webhook endpoint: signed callbacks out (Standard Webhooks).

use std::collections::BTreeMap;
use std::time::Duration;

use ::http::HeaderValue;
use ::http::header::RETRY_AFTER;
use alc_core::signature::Secret;
use alc_core::time::Timestamp;

use super::http::{Answer, NoAnswer, Outbound, Reach};

/// A callback ready to be posted.
pub struct Callback<'a> {
    pub url: &'a str,
    /// Each signs: more than one while a secret rotates.
    pub secrets: Vec<&'a Secret>,
    /// What the webhook's owner has us send besides, by name.
    pub headers: &'a BTreeMap<String, String>,
    /// The event's id: the same at every try, so that receivers can tell a repetition.
    pub id: &'a str,
    pub body: &'a str,
}

/// What the endpoint answered, as far as it concerns us.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// The beginning of its body, for the webhook's owner to look at.
    pub excerpt: Option<String>,
    /// How long it asks us to wait, in milliseconds (`Retry-After` of a 429 or 503).
    pub retry_after_ms: Option<i64>,
}

/// Nobody reads the rest of an answer.
const EXCERPT_BYTES: usize = 1_024;

/// Posts one callback and returns what the endpoint answered.
pub async fn post(
    outbound: &Outbound,
    callback: &Callback<'_>,
    now: Timestamp,
    deadline: Duration,
) -> Result<Reply, NoAnswer> {
    let sign = |secret: &&Secret| secret.sign(callback.id, now, callback.body.as_bytes());
    let signatures: Vec<String> = callback.secrets.iter().map(sign).collect();
    let answer = outbound
        .send(Reach::Public, deadline, EXCERPT_BYTES, |client| {
            let custom = callback.headers.iter().filter_map(|(name, value)| {
                let mut value = HeaderValue::from_str(value).ok()?;
                // Drivers log headers when they are asked to; those that say they are secret they leave out.
                value.set_sensitive(true);
                Some((name, value))
            });
            custom
                .fold(client.post(callback.url), |request, (name, value)| request.header(name, value))
                .header("content-type", "application/json")
                .header("webhook-id", callback.id)
                .header("webhook-timestamp", now.as_seconds().to_string())
                .header("webhook-signature", signatures.join(" "))
                .body(callback.body.to_owned())
        })
        .await?;
    Ok(Reply {
        status: answer.status.as_u16(),
        excerpt: excerpt(&answer.body),
        retry_after_ms: asked_to_wait(&answer, now),
    })
}

/// What is text of it; a character that was cut in two is left out.
fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = if body.len() == EXCERPT_BYTES { text.trim_end_matches(char::REPLACEMENT_CHARACTER) } else { &text };
    (!text.is_empty()).then(|| text.to_owned())
}

/// `Retry-After` of a 429 or 503, in milliseconds.
pub fn asked_to_wait(answer: &Answer, now: Timestamp) -> Option<i64> {
    if !matches!(answer.status.as_u16(), 429 | 503) {
        return None;
    }
    retry_after_ms(answer.headers.get(RETRY_AFTER)?.to_str().ok()?, now)
}

/// Seconds, or a date (RFC 9110 §10.2.3). What has passed is no wait.
fn retry_after_ms(text: &str, now: Timestamp) -> Option<i64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some(text.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(1_000));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::from_millis(date.timestamp().as_millisecond()).since(now).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        // Sat, 21 Nov 2026 10:00:00 GMT
        let now = Timestamp::from_millis(1_795_255_200_000);
        for (text, wait) in [
            ("0", Some(0)),
            ("120", Some(120_000)),
            (" 5 ", Some(5_000)),
            ("99999999999999999999999", Some(i64::MAX)),
            ("Sat, 21 Nov 2026 10:01:00 GMT", Some(60_000)),
            ("Sat, 21 Nov 2026 09:00:00 GMT", Some(0)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after_ms(text, now), wait, "{text:?}");
        }
    }

    #[test]
    fn an_excerpt_is_text() {
        assert_eq!(excerpt(b""), None);
        assert_eq!(excerpt(b"no\xff"), Some("no\u{fffd}".to_owned()));
        let long = format!("{}€", "x".repeat(EXCERPT_BYTES - 1));
        assert_eq!(excerpt(&long.as_bytes()[..EXCERPT_BYTES]), Some("x".repeat(EXCERPT_BYTES - 1)));
    }
}
