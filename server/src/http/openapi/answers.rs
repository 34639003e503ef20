//! What follows from the kind of a route: the problems it can answer with, and the headers that come with its answers.
//!
//! A handler names only what is its own (`x-problem-codes`); what its security, its body and its parameters bring along is known
//! here. Status, cause and cure of each code come from the table that the problems' own pages are made of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{OpenApi, RefOr, Response};

use super::base::{OAUTH, operator_token};
use crate::http::problems::{self, Explained};

/// The extension by which an operation names the codes of the problems it can answer with.
pub const CODES: &str = "x-problem-codes";

pub const PROBLEM_JSON: &str = "application/problem+json";

/// Whatever a route does, this can happen to it.
const ANYWHERE: &[&str] = &["internal", "timed_out"];

const WITH_TOKEN: &[&str] =
    &["token_missing", "token_invalid", "insufficient_scope", "rate_limited", "busy", "unavailable"];

const WITH_JSON: &[&str] = &["not_json", "malformed_json", "invalid_body", "body_too_large", "body_interrupted"];

const WITH_QUERY: &[&str] = &["unknown_parameter", "repeated_parameter"];

const WITH_KEY: &[&str] = &["idempotency_key_malformed", "idempotency_key_in_flight", "idempotency_key_reused"];

pub fn complete(openapi: &mut OpenApi) {
    for item in openapi.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.put, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation_of(operation);
        }
    }
}

fn operation_of(operation: &mut Operation) {
    let takes_token = allow_operator_tokens(operation);
    let codes = codes(operation, takes_token);
    let mut by_status = BTreeMap::<u16, Vec<&Explained>>::new();
    for code in &codes {
        let explained = problems::find(code).unwrap_or_else(|| panic!("{code} needs a line in http/problems.rs"));
        by_status.entry(explained.status).or_default().push(explained);
    }
    for (status, explained) in by_status {
        add_problems(operation, status, &explained);
    }
    let is_conditional = has_parameter(operation, &ParameterIn::Header, Some("If-None-Match"));
    if is_conditional {
        let unchanged = response(&json!({ "description": "It is as your If-None-Match has it." }));
        operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    }
    let has_key = has_parameter(operation, &ParameterIn::Header, Some("Idempotency-Key"));
    for (status, answer) in &mut operation.responses.responses {
        let RefOr::T(answer) = answer else { continue };
        for (name, about, schema) in headers(status, &codes, takes_token, is_conditional, has_key) {
            let header = json!({ "description": about, "schema": schema });
            let header = serde_json::from_value(header).expect("a header as OpenAPI has it");
            answer.headers.entry(name.to_owned()).or_insert(RefOr::T(header));
        }
    }
    operation.extensions.get_or_insert_default().insert(CODES.to_owned(), json!(codes));
}

/// Whether the operation takes a token; if an app's, then the operator's as well.
fn allow_operator_tokens(operation: &mut Operation) -> bool {
    let oauth = |requirement: &SecurityRequirement| json!(requirement).get(OAUTH).is_some();
    let Some(security) = operation.security.as_mut().filter(|security| security.iter().any(oauth)) else {
        return false;
    };
    security.push(operator_token());
    true
}

fn codes(operation: &Operation, takes_token: bool) -> BTreeSet<String> {
    let own = operation.extensions.as_ref().and_then(|extensions| extensions.get(CODES)).and_then(Value::as_array);
    let own = own.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let takes_json = operation.request_body.as_ref().is_some_and(|body| match body {
        RefOr::T(body) => body.content.contains_key("application/json"),
        RefOr::Ref(_) => false,
    });
    let kinds = [
        (true, ANYWHERE),
        (takes_token, WITH_TOKEN),
        (operation.request_body.is_some(), &["body_too_slow"]),
        (takes_token && takes_json, WITH_JSON),
        (takes_token && has_parameter(operation, &ParameterIn::Query, None), WITH_QUERY),
        (takes_token && has_parameter(operation, &ParameterIn::Path, None), &["not_found"]),
        (has_parameter(operation, &ParameterIn::Header, Some("Idempotency-Key")), WITH_KEY),
    ];
    let brought = kinds.into_iter().filter(|(is_so, _)| *is_so).flat_map(|(_, codes)| codes);
    own.chain(brought.map(|code| (*code).to_owned())).collect()
}

fn has_parameter(operation: &Operation, place: &ParameterIn, name: Option<&str>) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == *place && name.is_none_or(|name| parameter.name == name),
        RefOr::Ref(_) => false,
    })
}

/// The problems of one status, as one answer: what they have in common, which codes there are, and one example of each.
fn add_problems(operation: &mut Operation, status: u16, explained: &[&Explained]) {
    let codes: Vec<&str> = explained.iter().map(|problem| problem.code).collect();
    let examples: serde_json::Map<String, Value> = explained
        .iter()
        .map(|problem| (problem.code.to_owned(), json!({ "summary": problem.cause, "value": problem.example() })))
        .collect();
    let schema = json!({ "allOf": [
        { "$ref": "#/components/schemas/Problem" },
        { "type": "object", "properties": { "status": { "type": "integer", "enum": [status] }, "code": { "type": "string", "enum": codes } } },
    ]});
    let content =
        serde_json::from_value(json!({ "schema": schema, "examples": examples })).expect("content as OpenAPI has it");
    let told: Vec<String> = explained.iter().map(|problem| format!("`{}`: {}", problem.code, problem.cause)).collect();
    let answer = operation
        .responses
        .responses
        .entry(status.to_string())
        .or_insert_with(|| RefOr::T(response(&json!({ "description": told.join(" ") }))));
    if let RefOr::T(answer) = answer {
        answer.content.insert(PROBLEM_JSON.to_owned(), RefOr::T(content));
    }
}

fn response(json: &Value) -> Response {
    serde_json::from_value(json.clone()).expect("a response as OpenAPI has it")
}

/// The headers of an answer, each with what it tells and its schema.
fn headers(
    status: &str,
    codes: &BTreeSet<String>,
    takes_token: bool,
    is_conditional: bool,
    has_key: bool,
) -> Vec<(&'static str, &'static str, Value)> {
    let text = || json!({ "type": "string" });
    let mut headers = vec![(
        "X-Request-Id",
        "The id of this request: yours, if it was a sane one.",
        json!({ "type": "string", "pattern": "^[A-Za-z0-9._=-]{1,64}$" }),
    )];
    // A token that is not known has no limit of its own.
    if takes_token && !matches!(status, "401" | "500") {
        headers.push(("RateLimit", "What the token has left, and when it is full again.", text()));
        headers.push(("RateLimit-Policy", "How many requests the token has in which time.", text()));
    }
    if is_conditional && matches!(status, "200" | "304") {
        headers.push(("ETag", "The tag of what is shown, for If-None-Match.", text()));
        headers.push(("Cache-Control", "Who may keep it, and that it must ask again.", text()));
    }
    if has_key && status.starts_with('2') {
        let schema = json!({ "type": "string", "enum": ["true"] });
        headers.push((
            "Idempotent-Replayed",
            "There when the answer is that of an earlier request with this key.",
            schema,
        ));
    }
    let retried =
        status == "429" || status == "503" || (status == "409" && codes.contains("idempotency_key_in_flight"));
    if retried {
        headers.push((
            "Retry-After",
            "Seconds to wait before another try.",
            json!({ "type": "integer", "minimum": 1 }),
        ));
    }
    if takes_token && matches!(status, "401" | "403") {
        headers.push(("WWW-Authenticate", "What the token lacks (RFC 6750).", text()));
    }
    headers
}
