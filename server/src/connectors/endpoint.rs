//! A partner's webhook endpoint: signed callbacks out (Standard Webhooks).

use std::collections::BTreeMap;
use std::time::Duration;

use ::http::HeaderValue;
use alc_core::signature::Secret;
use alc_core::time::Timestamp;

use super::http::{NoAnswer, Outbound, Reach};

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

/// What came back; nobody reads the body of an answer, so only a little of it is taken in.
const ANSWER_BYTES: usize = 4 * 1024;

/// Posts one callback and returns the status the endpoint answered with.
pub async fn post(
    outbound: &Outbound,
    callback: &Callback<'_>,
    now: Timestamp,
    deadline: Duration,
) -> Result<u16, NoAnswer> {
    let sign = |secret: &&Secret| secret.sign(callback.id, now, callback.body.as_bytes());
    let signatures: Vec<String> = callback.secrets.iter().map(sign).collect();
    let answer = outbound
        .send(Reach::Public, deadline, ANSWER_BYTES, |client| {
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
    Ok(answer.status.as_u16())
}
