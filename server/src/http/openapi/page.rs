//! `/docs`: the description for people. One page, made once from the very description that programs read; it needs no script and no
//! other host.

use askama::Template;
use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

use super::answers::{CODES, PROBLEM_JSON};
use super::example::example;
use crate::http::problems;

#[derive(Template)]
#[template(path = "docs.html")]
pub struct DocsPage {
    about: Vec<Vec<Span>>,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
}

struct Group {
    name: String,
    about: String,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: Vec<Vec<Span>>,
    scopes: Vec<String>,
    parameters: Vec<Field>,
    /// What is sent, as what.
    body: Option<(Kind, String)>,
    answers: Vec<Answer>,
    problems: Vec<&'static problems::Explained>,
    request: String,
}

struct Answer {
    status: String,
    about: Vec<Span>,
    kind: Option<Kind>,
    media: String,
    headers: Vec<String>,
}

struct Schema {
    name: String,
    about: Vec<Span>,
    fields: Vec<Field>,
    /// For what has no fields.
    kind: Kind,
}

struct Field {
    name: String,
    place: String,
    is_required: bool,
    about: Vec<Span>,
    kind: Kind,
}

/// What a value may be: words, and links to schemas among them.
struct Kind(Vec<Part>);

struct Part {
    text: String,
    is_schema: bool,
}

/// A piece of a sentence.
struct Span {
    text: String,
    look: Look,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Code,
    Strong,
}

impl Span {
    fn is_code(&self) -> bool {
        self.look == Look::Code
    }

    fn is_strong(&self) -> bool {
        self.look == Look::Strong
    }
}

impl DocsPage {
    pub fn of(openapi: &OpenApi) -> Self {
        let json = serde_json::to_value(openapi).unwrap_or_default();
        let schemas = json["components"]["schemas"].as_object().cloned().unwrap_or_default();
        // Routes stand in the order of the router, which JSON objects lose.
        let paths: Vec<&String> = openapi.paths.paths.keys().collect();
        let groups = items(&json["tags"]).map(|tag| Group {
            name: text(&tag["name"]),
            about: text(&tag["description"]),
            operations: paths
                .iter()
                .flat_map(|path| ["get", "post", "put", "patch", "delete"].map(|method| (method, *path)))
                .filter_map(|(method, path)| Some((method, path, json["paths"][path].get(method)?)))
                .filter(|(_, _, operation)| operation["tags"][0] == tag["name"])
                .map(|(method, path, operation)| {
                    Operation::of(method, path, operation, &schemas, &text(&json["servers"][0]["url"]))
                })
                .collect(),
        });
        Self {
            about: paragraphs(&json["info"]["description"]),
            groups: groups.collect(),
            schemas: schemas.iter().map(|(name, schema)| Schema::of(name, schema)).collect(),
        }
    }
}

impl Operation {
    fn of(method: &str, path: &str, operation: &Value, schemas: &Map<String, Value>, server: &str) -> Self {
        let method = method.to_ascii_uppercase();
        let content = &operation["requestBody"]["content"];
        let body = content.as_object().and_then(|content| content.iter().next());
        let scopes: Vec<String> =
            items(&operation["security"]).flat_map(|one| items(&one["oauth2"])).map(text).collect();
        let mut request = vec![if method == "GET" { "curl".to_owned() } else { format!("curl -X {method}") }];
        if !scopes.is_empty() {
            request.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
        }
        if let Some((media, content)) = body {
            let example = example(&content["schema"], schemas);
            if media == "application/json" {
                request.push("-H 'Content-Type: application/json'".to_owned());
                request.push(format!("-d '{}'", serde_json::to_string_pretty(&example).unwrap_or_default()));
            } else {
                let fields = example.as_object().cloned().unwrap_or_default();
                request.extend(fields.iter().map(|(name, value)| format!("--data-urlencode '{name}={}'", text(value))));
            }
        }
        let path_example = items(&operation["parameters"]).filter(|one| one["in"] == "path").fold(
            path.to_owned(),
            |path, parameter| {
                let name = text(&parameter["name"]);
                let shown =
                    parameter.get("example").map_or_else(|| example(&parameter["schema"], schemas), Value::clone);
                path.replace(&format!("{{{name}}}"), &text(&shown))
            },
        );
        request.push(format!("{server}{path_example}"));
        let own_media = |answer: &Value| {
            let content = answer["content"].as_object()?;
            let (media, content) = content.iter().find(|(media, _)| *media != PROBLEM_JSON)?;
            Some((media.clone(), Kind::of(&content["schema"])))
        };
        let answers = operation["responses"].as_object().into_iter().flatten();
        let answers = answers.filter(|(status, answer)| status.as_str() < "400" || own_media(answer).is_some());
        let codes = items(&operation[CODES]).filter_map(Value::as_str).filter_map(problems::find);
        let mut problems: Vec<_> = codes.collect();
        problems.sort_by_key(|problem| problem.status);
        Self {
            id: text(&operation["operationId"]),
            path: path.to_owned(),
            summary: text(&operation["summary"]).trim_end_matches('.').to_owned(),
            about: paragraphs(&operation["description"]),
            scopes,
            parameters: items(&operation["parameters"])
                .map(|parameter| Field {
                    name: text(&parameter["name"]),
                    place: text(&parameter["in"]),
                    is_required: parameter["required"] == true,
                    about: spans(&text(&parameter["description"])),
                    kind: Kind::of(&parameter["schema"]),
                })
                .collect(),
            body: body.map(|(media, content)| (Kind::of(&content["schema"]), media.clone())),
            answers: answers
                .map(|(status, answer)| {
                    let (media, kind) =
                        own_media(answer).map_or((String::new(), None), |(media, kind)| (media, Some(kind)));
                    Answer {
                        status: status.clone(),
                        about: spans(&text(&answer["description"])),
                        kind,
                        media,
                        headers: answer["headers"]
                            .as_object()
                            .into_iter()
                            .flatten()
                            .map(|(name, _)| name.clone())
                            .collect(),
                    }
                })
                .collect(),
            problems,
            request: request.join(" \\\n  "),
            method,
        }
    }
}

impl Schema {
    fn of(name: &str, schema: &Value) -> Self {
        let parts: Vec<&Value> = std::iter::once(schema).chain(items(&schema["allOf"])).collect();
        let fields = parts.iter().flat_map(|part| {
            let required: Vec<&Value> = items(&part["required"]).collect();
            part["properties"].as_object().into_iter().flatten().map(move |(name, field)| Field {
                is_required: required.iter().any(|required| *required == name),
                name: name.clone(),
                place: String::new(),
                about: spans(&text(&field["description"])),
                kind: Kind::of(field),
            })
        });
        Self {
            name: name.to_owned(),
            about: spans(&text(&schema["description"])),
            fields: fields.collect(),
            kind: Kind::of(schema),
        }
    }
}

impl Kind {
    fn of(schema: &Value) -> Self {
        let mut parts = Vec::new();
        describe(schema, &mut parts);
        Self(parts)
    }
}

fn describe(schema: &Value, parts: &mut Vec<Part>) {
    let mut say = |text: String| parts.push(Part { text, is_schema: false });
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return parts.push(Part { text: name.to_owned(), is_schema: true });
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> =
            words.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect();
        return say(words.join(" | "));
    }
    let several = [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")];
    if let Some((some, between)) = several.iter().find_map(|(key, between)| Some((schema[*key].as_array()?, between))) {
        for (at, one) in some.iter().enumerate() {
            if at > 0 {
                parts.push(Part { text: (*between).to_owned(), is_schema: false });
            }
            describe(one, parts);
        }
        return;
    }
    let types: Vec<String> = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect(),
        one => vec![text(one)],
    };
    say(types.join(" or "));
    if schema["items"].is_object() {
        parts.push(Part { text: " of ".to_owned(), is_schema: false });
        describe(&schema["items"], parts);
    }
    let limits = [
        ("format", ""),
        ("pattern", "like "),
        ("minLength", "at least "),
        ("maxLength", "at most "),
        ("minimum", "from "),
        ("maximum", "to "),
        ("minItems", "at least "),
        ("maxItems", "at most "),
        ("default", "else "),
    ];
    for (key, word) in limits {
        if let Some(limit) = schema.get(key).filter(|limit| !limit.is_null()) {
            parts.push(Part { text: format!(", {word}{}", text(limit)), is_schema: false });
        }
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn paragraphs(description: &Value) -> Vec<Vec<Span>> {
    text(description).split("\n\n").filter(|paragraph| !paragraph.is_empty()).map(spans).collect()
}

/// The little Markdown that descriptions use: `code` and **strong** words.
fn spans(markdown: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for (at, piece) in markdown.split('`').enumerate() {
        if at % 2 == 1 {
            spans.push(Span { text: piece.to_owned(), look: Look::Code });
            continue;
        }
        for (at, piece) in piece.split("**").enumerate() {
            let look = if at % 2 == 1 { Look::Strong } else { Look::Plain };
            spans.push(Span { text: piece.to_owned(), look });
        }
    }
    spans.retain(|span| !span.text.is_empty());
    spans
}
