//! A partner's webhook endpoint: signed callbacks out (Standard Webhooks).

use std::time::Duration;

use alc_core::signature::Secret;
use alc_core::time::Timestamp;

use super::http::{NoAnswer, Outbound, Reach};

/// A callback ready to be posted.
pub struct Callback<'a> {
    pub url: &'a str,
    pub secret: &'a Secret,
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
    let signature = callback.secret.sign(callback.id, now, callback.body.as_bytes());
    let answer = outbound
        .send(Reach::Public, deadline, ANSWER_BYTES, |client| {
            client
                .post(callback.url)
                .header("content-type", "application/json")
                .header("webhook-id", callback.id)
                .header("webhook-timestamp", now.as_seconds().to_string())
                .header("webhook-signature", signature)
                .body(callback.body.to_owned())
        })
        .await?;
    Ok(answer.status.as_u16())
}
