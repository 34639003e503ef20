//! Values as clients write them: many forms per type, made into one or refused. Nothing here changes the workspace.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rlibphonenumber::{PhoneNumber as Number, PhoneNumberFormat, Region};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    attributes::{Attribute, AttributeType},
    body::whole,
    countries::is_country,
    errors::{AttioError, Issue, Step},
    values::{AttributeValue, Domain, EmailAddress, Location, PersonalName, PhoneNumber},
    workspace::{Actor, ActorType, Workspace},
};

/// Everything sent for one attribute: bare or in an array for a single value, always in an array for several.
pub(crate) fn parse(
    attribute: &Attribute,
    sent: &Value,
    workspace: &Workspace,
) -> Result<Vec<AttributeValue>, AttioError> {
    if !attribute.is_writable {
        let message = format!("The attribute \"{}\" is kept by Attio and cannot be written.", attribute.slug);
        return Err(AttioError::validation(message));
    }
    let items = match sent {
        Value::Array(items) => items.as_slice(),
        _ if attribute.is_multiselect => {
            return Err(refuse(attribute, None, "Expected array: the attribute is multiselect"));
        }
        single => std::slice::from_ref(single),
    };
    if items.len() > 1 && !attribute.is_multiselect {
        return Err(refuse(attribute, None, "Expected at most one value: the attribute is not multiselect"));
    }
    let mut values: Vec<AttributeValue> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let value = parse_one(attribute, item, workspace).map_err(|problem| problem.at(attribute, index))?;
        if !values.iter().any(|known| known.identity() == value.identity()) {
            values.push(value);
        }
    }
    Ok(values)
}

enum Problem {
    /// The value has the wrong form.
    Form(String),
    /// The value names something that does not exist.
    Unknown(String),
}

impl Problem {
    fn form(message: &str) -> Self {
        Self::Form(message.to_owned())
    }

    fn at(self, attribute: &Attribute, index: usize) -> AttioError {
        match self {
            Self::Form(message) => refuse(attribute, Some(index), &message),
            Self::Unknown(message) => AttioError::value_not_found(message),
        }
    }
}

fn refuse(attribute: &Attribute, index: Option<usize>, message: &str) -> AttioError {
    let mut path: Vec<Step> = vec!["data".into(), "values".into(), attribute.slug.as_str().into()];
    path.extend(index.map(Step::from));
    AttioError::shape(vec![Issue { code: "invalid_type", path, message: message.to_owned() }])
}

fn parse_one(attribute: &Attribute, sent: &Value, workspace: &Workspace) -> Result<AttributeValue, Problem> {
    match attribute.kind {
        AttributeType::Text => text(sent).map(AttributeValue::Text),
        AttributeType::Number => number(under(sent, "value")).map(AttributeValue::Number),
        AttributeType::Checkbox => checkbox(sent),
        AttributeType::Currency => number(under(sent, "currency_value")).map(AttributeValue::Currency),
        AttributeType::Date => date(sent),
        AttributeType::Timestamp => timestamp(sent).map(AttributeValue::Timestamp),
        AttributeType::Rating => rating(sent),
        AttributeType::Status => status(attribute, sent),
        AttributeType::Select => select(attribute, sent),
        AttributeType::RecordReference => record_reference(attribute, sent, workspace),
        AttributeType::ActorReference => actor_reference(sent, workspace),
        AttributeType::Location => location(sent),
        AttributeType::Domain => domain(sent),
        AttributeType::EmailAddress => email_address(sent),
        AttributeType::PhoneNumber => phone_number(sent),
        AttributeType::PersonalName => personal_name(sent),
        AttributeType::Interaction => Err(Problem::form("Interactions are kept by Attio")),
    }
}

/// `x` for `{"key": x}`, and `x` for `x`.
fn under<'a>(sent: &'a Value, key: &str) -> &'a Value {
    sent.as_object().and_then(|map| map.get(key)).unwrap_or(sent)
}

fn text(sent: &Value) -> Result<String, Problem> {
    match under(sent, "value") {
        Value::String(text) => Ok(text.clone()),
        _ => Err(Problem::form("Expected string")),
    }
}

/// Four decimals are kept.
fn number(sent: &Value) -> Result<f64, Problem> {
    let number = match sent {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let finite = number.filter(|number| number.is_finite()).ok_or_else(|| Problem::form("Expected number"))?;
    Ok((finite * 10_000.0).round() / 10_000.0)
}

fn checkbox(sent: &Value) -> Result<AttributeValue, Problem> {
    match under(sent, "value") {
        Value::Bool(checked) => Ok(AttributeValue::Checkbox(*checked)),
        Value::String(text) if text == "true" => Ok(AttributeValue::Checkbox(true)),
        Value::String(text) if text == "false" => Ok(AttributeValue::Checkbox(false)),
        _ => Err(Problem::form("Expected boolean")),
    }
}

/// Longer text is cut to its date, after its zone has been turned to UTC; shorter text means the first day of it.
fn date(sent: &Value) -> Result<AttributeValue, Problem> {
    let written = text(sent)?;
    let zoned: Option<Date> = written.parse::<Timestamp>().ok().map(|moment| moment.to_zoned(TimeZone::UTC).date());
    let plain = || first_moment(&written).and_then(|filled| filled.get(..10)?.parse().ok());
    let date = zoned.or_else(plain).ok_or_else(|| Problem::form("Expected an ISO 8601 date"))?;
    Ok(AttributeValue::Date(date))
}

/// UTC unless the text names a zone; what is left out is the first moment of it.
fn timestamp(sent: &Value) -> Result<Timestamp, Problem> {
    let written = text(sent)?;
    let zoned = written.parse().ok();
    let plain = || first_moment(&written)?.parse().ok();
    zoned.or_else(plain).ok_or_else(|| Problem::form("Expected an ISO 8601 timestamp"))
}

/// `2024-02` → `2024-02-01T00:00:00Z`.
fn first_moment(written: &str) -> Option<String> {
    const FIRST: &str = "0000-01-01T00:00:00Z";
    let written = written.trim_end_matches('Z').replacen(' ', "T", 1);
    match written.len() {
        4 | 7 | 10 | 13 | 16 => Some(format!("{written}{}", &FIRST[written.len()..])),
        19.. => Some(format!("{written}Z")),
        _ => None,
    }
}

fn rating(sent: &Value) -> Result<AttributeValue, Problem> {
    let stars = whole(under(sent, "value")).and_then(|stars| u8::try_from(stars).ok()).filter(|stars| *stars <= 5);
    stars.map(AttributeValue::Rating).ok_or_else(|| Problem::form("Expected a whole number from 0 to 5"))
}

fn status(attribute: &Attribute, sent: &Value) -> Result<AttributeValue, Problem> {
    let wanted = under(sent, "status").as_str().ok_or_else(|| Problem::form("Expected a status title or ID"))?;
    let mut known = attribute.statuses.iter().filter(|status| !status.is_archived);
    let found = known.find(|status| status.title == wanted || status.id.to_string() == wanted);
    let unknown = || Problem::Unknown(format!("No status \"{wanted}\" on the attribute \"{}\".", attribute.slug));
    found.map(|status| AttributeValue::Status(status.id)).ok_or_else(unknown)
}

fn select(attribute: &Attribute, sent: &Value) -> Result<AttributeValue, Problem> {
    let wanted = under(sent, "option").as_str().ok_or_else(|| Problem::form("Expected an option title or ID"))?;
    let mut known = attribute.options.iter().filter(|option| !option.is_archived);
    let found = known.find(|option| option.title == wanted || option.id.to_string() == wanted);
    let unknown = || Problem::Unknown(format!("No option \"{wanted}\" on the attribute \"{}\".", attribute.slug));
    found.map(|option| AttributeValue::Select(option.id)).ok_or_else(unknown)
}

/// By id, by any unique attribute of the target, or, where one object is allowed, by the bare text of its usual key.
fn record_reference(attribute: &Attribute, sent: &Value, workspace: &Workspace) -> Result<AttributeValue, Problem> {
    let allowed: Vec<_> =
        workspace.objects.iter().filter(|object| attribute.allowed_objects.contains(&object.id)).collect();
    let (object, key, wanted) = match sent {
        Value::String(text) => {
            let [object] = allowed.as_slice() else {
                return Err(Problem::form("Expected target_object: several objects are allowed here"));
            };
            let key = match object.slug.as_str() {
                "people" => "email_addresses",
                "companies" => "domains",
                "users" => "user_id",
                "workspaces" => "workspace_id",
                _ => return Err(Problem::form("Expected an object with target_object and target_record_id")),
            };
            (*object, key, Value::String(text.clone()))
        }
        Value::Object(map) => {
            let target = map.get("target_object").and_then(Value::as_str);
            let target = target.ok_or_else(|| Problem::form("Expected target_object"))?;
            let object = allowed.iter().find(|object| object.is(target));
            let object =
                object.ok_or_else(|| Problem::Unknown(format!("The object \"{target}\" is not allowed here.")))?;
            let (key, wanted) = map
                .iter()
                .find(|(key, _)| key.as_str() != "target_object")
                .ok_or_else(|| Problem::form("Expected target_record_id or a unique attribute of the target"))?;
            (*object, key.as_str(), wanted.clone())
        }
        _ => return Err(Problem::form("Expected a record reference")),
    };

    let target = |record: Uuid| AttributeValue::RecordReference { object: object.slug.clone(), record };
    if key == "target_record_id" {
        let id = wanted.as_str().and_then(|text| text.parse().ok());
        let id: Uuid = id.ok_or_else(|| Problem::form("Expected target_record_id to be a UUID"))?;
        let unknown = || Problem::Unknown(format!("Record with ID \"{id}\" not found."));
        return object.records.contains_key(&id).then(|| target(id)).ok_or_else(unknown);
    }
    let by = object.attribute(key).ok().filter(|by| by.is_unique);
    let by = by.ok_or_else(|| Problem::Unknown(format!("\"{key}\" is no unique attribute of \"{}\".", object.slug)))?;
    let first = match &wanted {
        Value::Array(items) => items.first().cloned().unwrap_or(Value::Null),
        single => single.clone(),
    };
    let identity = parse_one(by, &first, workspace)?.identity();
    let mut records = object.records.values();
    let found = records.find(|record| record.holds(by.id, &identity));
    let unknown = || Problem::Unknown(format!("No record of \"{}\" with {key} \"{identity}\".", object.slug));
    found.map(|record| target(record.id)).ok_or_else(unknown)
}

/// Only members can be written.
fn actor_reference(sent: &Value, workspace: &Workspace) -> Result<AttributeValue, Problem> {
    let email = under(sent, "workspace_member_email_address").as_str();
    let id = sent.get("referenced_actor_id").and_then(Value::as_str);
    let is_member = sent.get("referenced_actor_type").is_none_or(|kind| kind == "workspace-member");
    if !is_member || (email.is_none() && id.is_none()) {
        return Err(Problem::form("Expected a workspace member, by e-mail address or by ID"));
    }
    let mut members = workspace.members.iter();
    let found =
        members.find(|member| Some(member.email.as_str()) == email || Some(member.id.to_string().as_str()) == id);
    let unknown = || Problem::Unknown("No such workspace member.".to_owned());
    let member = found.ok_or_else(unknown)?;
    Ok(AttributeValue::ActorReference(Actor { r#type: ActorType::WorkspaceMember, id: Some(member.id) }))
}

/// All ten keys, or one text, which is kept as the first line.
fn location(sent: &Value) -> Result<AttributeValue, Problem> {
    if let Value::String(text) = sent {
        let lines = [Some(text.clone()), None, None, None];
        return Ok(AttributeValue::Location(Box::new(Location { lines, ..Location::default() })));
    }
    let map = sent.as_object().ok_or_else(|| Problem::form("Expected a location"))?;
    let location = Location {
        lines: [part(map, "line_1")?, part(map, "line_2")?, part(map, "line_3")?, part(map, "line_4")?],
        locality: part(map, "locality")?,
        region: part(map, "region")?,
        postcode: part(map, "postcode")?,
        country_code: part(map, "country_code")?,
        latitude: part(map, "latitude")?,
        longitude: part(map, "longitude")?,
    };
    if location.country_code.as_deref().is_some_and(|code| !is_country(code)) {
        return Err(Problem::form("Expected country_code to be ISO 3166-1 alpha-2"));
    }
    Ok(AttributeValue::Location(Box::new(location)))
}

fn part(map: &Map<String, Value>, key: &str) -> Result<Option<String>, Problem> {
    match map.get(key) {
        Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Problem::Form(format!("Expected {key} to be a string or null"))),
        None => Err(Problem::Form(format!("{key} is required: a location is written whole"))),
    }
}

fn domain(sent: &Value) -> Result<AttributeValue, Problem> {
    let written = under(sent, "domain").as_str().unwrap_or_default().trim();
    let host = written.split_once("://").map_or(written, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    if !host.contains('.') || host.split('.').any(str::is_empty) || host.contains(char::is_whitespace) {
        return Err(Problem::form("Expected a domain"));
    }
    Ok(AttributeValue::Domain(Domain::new(host)))
}

fn email_address(sent: &Value) -> Result<AttributeValue, Problem> {
    let written = under(sent, "email_address").as_str().and_then(EmailAddress::parse);
    written.map(AttributeValue::EmailAddress).ok_or_else(|| Problem::form("Expected an e-mail address"))
}

/// Unlike the seed, a write has to be a number that some numbering plan knows.
fn phone_number(sent: &Value) -> Result<AttributeValue, Problem> {
    let original = under(sent, "original_phone_number").as_str();
    let original = original.ok_or_else(|| Problem::form("Expected a phone number"))?;
    let country = sent.get("country_code").and_then(Value::as_str);
    if country.is_some_and(|code| !is_country(code)) {
        return Err(Problem::form("Expected country_code to be ISO 3166-1 alpha-2"));
    }
    let region: Option<Region> = country.and_then(|code| code.parse().ok());
    let valid = Number::parse(original, region).ok().filter(Number::is_valid);
    let number = valid.ok_or_else(|| Problem::form("Expected a valid phone number, or one with its country_code"))?;
    let country = number.get_region_code().map(|region| region.to_string()).or(country.map(str::to_owned));
    Ok(AttributeValue::PhoneNumber(PhoneNumber {
        original: original.to_owned(),
        country_code: country,
        number: number.format_as(PhoneNumberFormat::E164).into_owned(),
    }))
}

/// The text form is `Last, First`; without a comma all of it is the first name.
fn personal_name(sent: &Value) -> Result<AttributeValue, Problem> {
    let name = match sent {
        Value::String(text) => match text.split_once(',') {
            Some((last, first)) => PersonalName::of(first.trim(), last.trim()),
            None => PersonalName::of(text.trim(), ""),
        },
        Value::Object(map) => {
            let read = |key| map.get(key).and_then(Value::as_str);
            let name = PersonalName::of(read("first_name").unwrap_or_default(), read("last_name").unwrap_or_default());
            PersonalName { full: read("full_name").map_or(name.full.clone(), str::to_owned), ..name }
        }
        _ => return Err(Problem::form("Expected a personal name")),
    };
    if name.full.is_empty() {
        return Err(Problem::form("Expected first_name, last_name and full_name"));
    }
    Ok(AttributeValue::PersonalName(name))
}
