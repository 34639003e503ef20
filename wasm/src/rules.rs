//! The part every bundle loads: whom to believe, what is news, what to write on the record.

use alc_core::callback::Callback;
use alc_core::outcome::Outcome;
use alc_core::record::{ATTRIBUTES, RecordStatus, RecordUpdate, Seen, should_apply};
use alc_core::signature::{self, Secret};
use alc_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::boundary::{Refusal, answer, read};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export type RecordStatus = "Pending" | "Complete" | "Cancelled" | "Failed"

export type Interest = "Hot" | "Warm" | "Cold" | "Not interested" | "Opted out" | "No reply" | "Unreachable"

export type Outcome = {interest: Interest; confidence: number; summary: string}

/** What was last applied: one lead, and how far its announcements had got. */
export type Seen = {leadId: string; sequence: number}

export type Callback = {
    type: string
    timestamp: string
    record_id: string
    status: RecordStatus
    lead_id: string
    sequence: number
    outcome: Outcome | null
    reason: string | null
}

/** The headers as received; a missing one is empty. */
export type CallbackHeaders = {id: string; timestamp: string; signature: string}

export type CallbackVerdict = {ok: true; callback: Callback} | {ok: false; code: string; message: string}

export type RecordUpdate = {
    leadId: string
    status: RecordStatus
    outcome: Outcome | null
    /** RFC 3339; written only with an outcome. */
    checkedAt: string | null
}

export type RecordAttribute = {
    slug: string
    title: string
    description: string
    type: "text" | "select" | "timestamp"
    options: string[]
}
"#;

/// Believes a callback that one of `secrets` signed within five minutes of `nowMs`. `body` is the text as received.
#[wasm_bindgen(js_name = verifyCallback, unchecked_return_type = "CallbackVerdict")]
pub fn verify_callback(
    body: &str,
    #[wasm_bindgen(unchecked_param_type = "CallbackHeaders")] headers: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string[]")] secrets: &JsValue,
    #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
) -> Result<JsValue, JsError> {
    let headers: Headers = read("headers", headers)?;
    // What is no secret has signed nothing; beside a good one (while secrets rotate) it must do no harm.
    let secrets: Vec<Secret> =
        read::<Vec<String>>("secrets", secrets)?.iter().filter_map(|text| Secret::parse(text).ok()).collect();
    let headers = signature::Headers { id: &headers.id, timestamp: &headers.timestamp, signature: &headers.signature };

    if let Err(bad) = signature::verify(&secrets, headers, body.as_bytes(), timestamp(now_ms)) {
        return answer(&Refusal::new(bad.code(), &bad));
    }
    match Callback::parse(body.as_bytes()) {
        Ok(callback) => answer(&Believed { ok: true, callback: (&callback).into() }),
        Err(invalid) => answer(&Refusal::new(invalid.code(), &invalid)),
    }
}

/// True when `incoming` is newer than what was seen: a newer lead of the record, or a later word on the same one.
#[wasm_bindgen(js_name = shouldApply)]
pub fn is_news(
    #[wasm_bindgen(unchecked_param_type = "Seen | null")] seen: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "Seen")] incoming: &JsValue,
) -> Result<bool, JsError> {
    Ok(should_apply(read::<Option<Seen>>("seen", seen)?.as_ref(), &read("incoming", incoming)?))
}

/// The `values` of Attio's `PATCH /v2/objects/people/records/{id}`.
#[wasm_bindgen(js_name = recordValues, unchecked_return_type = "Record<string, unknown>")]
pub fn record_values(
    #[wasm_bindgen(unchecked_param_type = "RecordUpdate")] update: &JsValue,
) -> Result<JsValue, JsError> {
    answer(&read::<RecordUpdate>("update", update)?.values())
}

/// The attributes the People object must have before an outcome can be written.
#[wasm_bindgen(js_name = recordAttributes, unchecked_return_type = "RecordAttribute[]")]
pub fn record_attributes() -> Result<JsValue, JsError> {
    answer(&ATTRIBUTES)
}

#[derive(Deserialize)]
struct Headers {
    id: String,
    timestamp: String,
    signature: String,
}

#[derive(Serialize)]
struct Believed<'a> {
    ok: bool,
    callback: CallbackView<'a>,
}

/// A callback whose every field is there: JavaScript gets `null`, not `undefined`, for what is not known.
#[derive(Serialize)]
struct CallbackView<'a> {
    #[serde(rename = "type")]
    event: &'a str,
    timestamp: &'a str,
    record_id: &'a str,
    status: RecordStatus,
    lead_id: &'a str,
    sequence: u32,
    outcome: Option<&'a Outcome>,
    reason: Option<&'a str>,
}

impl<'a> From<&'a Callback> for CallbackView<'a> {
    fn from(callback: &'a Callback) -> Self {
        Self {
            event: &callback.event,
            timestamp: &callback.timestamp,
            record_id: &callback.record_id,
            status: callback.status,
            lead_id: &callback.lead_id,
            sequence: callback.sequence,
            outcome: callback.outcome.as_ref(),
            reason: callback.reason.as_deref(),
        }
    }
}

/// `Date.now()` counts in whole milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and a time that far off is refused anyway")]
fn timestamp(millis: f64) -> Timestamp {
    Timestamp::from_millis(millis as i64)
}
