//! A value that fits a schema, for a request that a reader can copy: what the schema gives as an example, or what its kind suggests.

use serde_json::{Map, Value, json};

/// `schemas`: what references lead to.
pub fn example(schema: &Value, schemas: &Map<String, Value>) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return schemas.get(name).map_or(Value::Null, |schema| example(schema, schemas));
    }
    if let Some(given) = schema.get("example").or_else(|| schema["examples"].get(0)).or_else(|| schema["enum"].get(0)) {
        return given.clone();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts {
            if let Value::Object(fields) = example(part, schemas) {
                whole.extend(fields.into_iter().filter(|(name, _)| !name.is_empty()));
            }
        }
        return Value::Object(whole);
    }
    if let Some(first) = schema["oneOf"].get(0).or_else(|| schema["anyOf"].get(0)) {
        return example(first, schemas);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
    match (kind, schema["format"].as_str()) {
        ("string", Some("date-time")) => json!("2026-11-21T10:00:00Z"),
        ("string", Some("uri" | "https-url")) => json!("https://example.com/"),
        ("string", Some("uuid")) => json!("bf071e1f-6035-429d-b874-d83ea64ea13b"),
        ("string", _) => json!("…"),
        ("integer" | "number", _) => {
            schema.get("default").or_else(|| schema.get("minimum")).cloned().unwrap_or(json!(1))
        }
        ("boolean", _) => json!(true),
        ("array", _) => json!([example(&schema["items"], schemas)]),
        ("null", _) => Value::Null,
        _ => of_fields(schema, schemas),
    }
}

/// What is needed, and what has an example of its own.
fn of_fields(schema: &Value, schemas: &Map<String, Value>) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let fields = schema["properties"].as_object().into_iter().flatten();
    let shown = fields.filter(|(name, field)| {
        required.iter().any(|required| required == name.as_str()) || field.get("example").is_some()
    });
    Value::Object(shown.map(|(name, field)| (name.clone(), example(field, schemas))).collect())
}
