//! Queries: which records match a filter, and in what order. Filters and sorts look at the fields of values as they read on the
//! wire, so what a client sees in an answer is what it can ask for.

use std::cmp::Ordering;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::HeaderName,
};
use serde_json::{Value, json};

use super::{
    Attio,
    access::{Caller, ReadRecords},
    attributes::{Attribute, AttributeType},
    body::Body,
    errors::AttioError,
    filter::Filter,
    objects::Object,
    record::Record,
    workspace::Workspace,
};

/// Both the default and the most.
const LARGEST_PAGE: usize = 500;
const SCORE: HeaderName = HeaderName::from_static("x-attio-record-query-score");

/// `POST /v2/objects/{object}/records/query`; the body is not wrapped and may be left out.
pub(crate) async fn query(
    State(attio): State<Attio>,
    _caller: Caller<ReadRecords>,
    Path(object): Path<String>,
    body: Bytes,
) -> Result<([(HeaderName, String); 1], Json<Value>), AttioError> {
    let body = Body::parse_or_empty(&body)?;
    let mut fields = body.top()?;
    let limit = fields.optional_count("limit").unwrap_or(LARGEST_PAGE);
    let offset = fields.optional_count("offset").unwrap_or(0);
    let wanted = fields.optional("filter").cloned().unwrap_or_else(|| json!({}));
    let sorts = fields.optional_array("sorts").unwrap_or_default();
    fields.finish()?;
    if limit > LARGEST_PAGE {
        return Err(AttioError::validation(format!("limit is at most {LARGEST_PAGE}.")));
    }

    let workspace = attio.workspace();
    let object = workspace.object(&object)?;
    let filter = Filter::read(&wanted, object, &workspace)?;
    let sorts = sorts.iter().map(|sort| Sort::read(sort, object, &workspace)).collect::<Result<Vec<_>, _>>()?;
    let mut found: Vec<&Record> = object.records.values().filter(|record| filter.admits(record, &workspace)).collect();
    found.sort_by(|left, right| {
        let orders = sorts.iter().map(|sort| sort.compare(left, right, &workspace));
        orders.fold(Ordering::Equal, Ordering::then)
    });

    // How Attio reckons the cost of a query is not published; this grows with what it says makes it grow.
    let score = if filter.is_empty() && sorts.is_empty() { 0 } else { 100 + found.len() };
    let page = found.into_iter().skip(offset).take(limit);
    let rows: Vec<Value> = page.map(|record| record.render(object, &workspace)).collect();
    Ok(([(SCORE, score.to_string())], Json(json!({ "data": rows }))))
}

/// The way from a record of the queried object to an attribute, over record references.
#[derive(Debug)]
pub(super) struct AttributePath<'a> {
    hops: Vec<&'a Attribute>,
    pub(super) attribute: &'a Attribute,
}

impl<'a> AttributePath<'a> {
    pub(super) fn direct(object: &'a Object, name: &str) -> Result<Self, AttioError> {
        Ok(Self { hops: Vec::new(), attribute: find(object, name)? })
    }

    /// `[["people", "company"], ["companies", "name"]]`: pairs of object and attribute, the first of the queried object.
    pub(super) fn read(path: &Value, start: &Object, workspace: &'a Workspace) -> Result<Self, AttioError> {
        let malformed = || AttioError::filter("A path is a list of pairs: an object and one of its attributes.");
        let mut hops: Vec<&'a Attribute> = Vec::new();
        for pair in path.as_array().ok_or_else(malformed)? {
            let [object, name] = pair.as_array().map(Vec::as_slice).ok_or_else(malformed)? else {
                return Err(malformed());
            };
            let (Some(object), Some(name)) = (object.as_str(), name.as_str()) else { return Err(malformed()) };
            let unknown = |_| AttioError::filter(format!("The path names an unknown object \"{object}\"."));
            let object = workspace.object(object).map_err(unknown)?;
            let leads_here = match hops.last() {
                None => object.id == start.id,
                Some(hop) => hop.allowed_objects.contains(&object.id),
            };
            if !leads_here {
                return Err(AttioError::filter(format!("The path does not lead to the object \"{}\".", object.slug)));
            }
            hops.push(find(object, name)?);
        }
        let attribute = hops.pop().ok_or_else(malformed)?;
        Ok(Self { hops, attribute })
    }

    /// Every value at the end of the path.
    pub(super) fn values(&self, record: &Record, workspace: &Workspace) -> Vec<Value> {
        let mut records = vec![record];
        for hop in &self.hops {
            let targets = records.iter().flat_map(|record| record.held(hop.id)).filter_map(|held| held.value.target());
            let targets = targets.filter_map(|(object, id)| workspace.object(object).ok()?.records.get(&id));
            records = targets.collect();
        }
        records.into_iter().flat_map(|record| record.read(self.attribute, workspace)).collect()
    }
}

fn find<'a>(object: &'a Object, name: &str) -> Result<&'a Attribute, AttioError> {
    let unknown = |_| AttioError::filter(format!("The object \"{}\" has no attribute \"{name}\".", object.slug));
    object.attribute(name).map_err(unknown)
}

struct Sort<'a> {
    path: AttributePath<'a>,
    field: &'a str,
    descending: bool,
}

impl<'a> Sort<'a> {
    fn read(sort: &'a Value, object: &'a Object, workspace: &'a Workspace) -> Result<Self, AttioError> {
        let path = match (sort.get("attribute").and_then(Value::as_str), sort.get("path")) {
            (Some(name), None) => AttributePath::direct(object, name)?,
            (None, Some(path)) => AttributePath::read(path, object, workspace)?,
            _ => return Err(AttioError::filter("A sort names either an attribute or a path.")),
        };
        let descending = match sort.get("direction").and_then(Value::as_str) {
            Some("asc") => false,
            Some("desc") => true,
            _ => return Err(AttioError::filter("A sort has the direction \"asc\" or \"desc\".")),
        };
        let kind = path.attribute.kind;
        let field = match sort.get("field").and_then(Value::as_str) {
            None => main_field(kind),
            Some(field) if fields(kind).contains(&field) => field,
            Some(field) => {
                let message = format!("The attribute \"{}\" has no field \"{field}\".", path.attribute.slug);
                return Err(AttioError::filter(message));
            }
        };
        Ok(Self { path, field, descending })
    }

    /// Records without a value come last in either direction.
    fn compare(&self, left: &Record, right: &Record, workspace: &Workspace) -> Ordering {
        let first = |record| {
            let values = self.path.values(record, workspace);
            values.first().and_then(|value| at(value, self.field)).cloned().filter(|value| !value.is_null())
        };
        match (first(left), first(right)) {
            (Some(left), Some(right)) if self.descending => compare(&right, &left),
            (Some(left), Some(right)) => compare(&left, &right),
            (left, right) => right.is_some().cmp(&left.is_some()),
        }
    }
}

/// Text ignores case, as every comparison of text in Attio does.
pub(super) fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::String(left), Value::String(right)) => left.to_lowercase().cmp(&right.to_lowercase()),
        (left, right) => left.to_string().cmp(&right.to_string()),
    }
}

/// A field of a value as it reads; `option.title` looks inside.
pub(super) fn at<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    field.split('.').try_fold(value, |value, key| value.get(key))
}

/// The field a comparison means when it names none.
pub(super) fn main_field(kind: AttributeType) -> &'static str {
    fields(kind)[0]
}

/// What can be asked about values of a type, the main field first.
pub(super) fn fields(kind: AttributeType) -> &'static [&'static str] {
    match kind {
        AttributeType::Text
        | AttributeType::Number
        | AttributeType::Checkbox
        | AttributeType::Date
        | AttributeType::Timestamp
        | AttributeType::Rating => &["value"],
        AttributeType::Currency => &["currency_value", "currency_code"],
        AttributeType::Status => &["status.title", "status.id.status_id", "active_from"],
        AttributeType::Select => &["option.title", "option.id.option_id"],
        AttributeType::RecordReference => &["target_record_id", "target_object"],
        AttributeType::ActorReference => &["referenced_actor_id", "referenced_actor_type"],
        AttributeType::Location => {
            &["locality", "line_1", "line_2", "line_3", "line_4", "region", "postcode", "country_code"]
        }
        AttributeType::Domain => &["domain", "root_domain"],
        AttributeType::EmailAddress => {
            &["email_address", "original_email_address", "email_domain", "email_root_domain", "email_local_specifier"]
        }
        AttributeType::PhoneNumber => &["phone_number", "country_code"],
        AttributeType::Interaction => &["interacted_at", "interaction_type"],
        AttributeType::PersonalName => &["full_name", "first_name", "last_name"],
    }
}
