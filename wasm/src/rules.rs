//! The part every bundle loads: whom to believe, what is news, what to write on the record.

use alc_core::callback::Callback;
use alc_core::outcome::{Interest, Outcome};
use alc_core::record::{ATTRIBUTES, RecordStatus, RecordUpdate, Seen, should_apply};
use alc_core::signature::{self, Headers, Secret};
use alc_core::time::Timestamp;
use serde_json::Value;
use wasm_bindgen::prelude::*;

use crate::boundary::{Input, Output, list};

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
    #[wasm_bindgen(unchecked_param_type = "string[]")] secrets: Vec<JsValue>,
    #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
) -> Result<JsValue, JsError> {
    let headers = Input::new("headers", headers)?;
    let (id, timestamp, signature) = (headers.text("id")?, headers.text("timestamp")?, headers.text("signature")?);
    let headers = Headers { id: &id, timestamp: &timestamp, signature: &signature };
    // What is no secret has signed nothing; beside a good one (while secrets rotate) it must do no harm.
    let secrets = secrets.into_iter().filter_map(|secret| Secret::parse(&secret.as_string()?).ok());
    let secrets: Vec<Secret> = secrets.collect();

    if let Err(bad) = signature::verify(&secrets, headers, body.as_bytes(), at(now_ms)) {
        return Ok(Output::refusal(bad.code(), &bad).into());
    }
    Ok(match Callback::parse(body.as_bytes()) {
        Ok(callback) => Output::new().with("ok", true).with("callback", write_callback(&callback)).into(),
        Err(invalid) => Output::refusal(invalid.code(), &invalid).into(),
    })
}

/// True when `incoming` is newer than what was seen: a newer lead of the record, or a later word on the same one.
#[wasm_bindgen(js_name = shouldApply)]
pub fn is_news(
    #[wasm_bindgen(unchecked_param_type = "Seen | null")] seen: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "Seen")] incoming: &JsValue,
) -> Result<bool, JsError> {
    let seen = Input::optional("seen", seen)?.as_ref().map(read_seen).transpose()?;
    Ok(should_apply(seen.as_ref(), &read_seen(&Input::new("incoming", incoming)?)?))
}

/// The `values` of Attio's `PATCH /v2/objects/people/records/{id}`.
#[wasm_bindgen(js_name = recordValues, unchecked_return_type = "Record<string, unknown>")]
pub fn record_values(
    #[wasm_bindgen(unchecked_param_type = "RecordUpdate")] update: &JsValue,
) -> Result<JsValue, JsError> {
    let update = Input::new("update", update)?;
    let outcome = update.get("outcome");
    let update = RecordUpdate {
        lead_id: update.text("leadId")?,
        status: update.word("status", RecordStatus::parse)?,
        outcome: Input::optional("outcome", &outcome)?.as_ref().map(read_outcome).transpose()?,
        checked_at: update.optional_text("checkedAt")?,
    };
    Ok(write_fields(update.values()))
}

/// The attributes the People object must have before an outcome can be written.
#[wasm_bindgen(js_name = recordAttributes, unchecked_return_type = "RecordAttribute[]")]
pub fn record_attributes() -> JsValue {
    list(ATTRIBUTES.iter().map(|attribute| {
        Output::new()
            .with("slug", attribute.slug)
            .with("title", attribute.title)
            .with("description", attribute.description)
            .with("type", attribute.kind)
            .with("options", list(attribute.options.iter().copied()))
    }))
}

fn read_seen(seen: &Input<'_>) -> Result<Seen, JsError> {
    Ok(Seen { lead_id: seen.text("leadId")?, sequence: seen.count("sequence")? })
}

fn read_outcome(outcome: &Input<'_>) -> Result<Outcome, JsError> {
    Ok(Outcome {
        interest: outcome.word("interest", Interest::parse)?,
        confidence: outcome.number("confidence")?,
        summary: outcome.text("summary")?,
        // The record shows what the summary says of them.
        answers: Vec::new(),
    })
}

fn write_callback(callback: &Callback) -> Output {
    Output::new()
        .with("type", &callback.event)
        .with("timestamp", &callback.timestamp)
        .with("record_id", &callback.record_id)
        .with("status", callback.status.as_str())
        .with("lead_id", &callback.lead_id)
        .with("sequence", callback.sequence)
        .with_optional("outcome", callback.outcome.as_ref().map(write_outcome))
        .with_optional("reason", callback.reason.as_ref())
}

fn write_outcome(outcome: &Outcome) -> Output {
    Output::new()
        .with("interest", outcome.interest.as_str())
        .with("confidence", outcome.confidence)
        .with("summary", &outcome.summary)
}

fn write_fields(fields: impl IntoIterator<Item = (String, Value)>) -> JsValue {
    fields.into_iter().fold(Output::new(), |output, (name, value)| output.with(&name, write(value))).into()
}

fn write(value: Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(truth) => truth.into(),
        Value::Number(number) => number.as_f64().into(),
        Value::String(text) => text.into(),
        Value::Array(items) => list(items.into_iter().map(write)),
        Value::Object(fields) => write_fields(fields),
    }
}

/// `Date.now()` counts in whole milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and a time that far off is refused anyway")]
fn at(millis: f64) -> Timestamp {
    Timestamp::from_millis(millis as i64)
}
