//! Filters: `{"name": "Ada"}`, `{"email_addresses": {"email_domain": {"$eq": "acme.com"}}}`, `$and`, `$or`, `$not`, and paths over
//! record references. A filter is read whole before any record is looked at, so a mistake in it is always told.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{
    attributes::{Attribute, AttributeType},
    errors::AttioError,
    objects::Object,
    query::{AttributePath, at, compare, fields, main_field},
    record::Record,
    workspace::Workspace,
};

#[derive(Debug)]
pub(super) enum Filter<'a> {
    All(Vec<Filter<'a>>),
    Any(Vec<Filter<'a>>),
    Not(Box<Filter<'a>>),
    /// One of the values at the end of the path meets every condition.
    Has(AttributePath<'a>, Vec<Condition>),
}

#[derive(Debug)]
pub(super) struct Condition {
    /// One of these fields: a select is known by its title and by its id.
    fields: Vec<String>,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Equals(Value),
    OneOf(Vec<Value>),
    NotEmpty(bool),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    Compares(Ordering, bool, Value),
}

impl<'a> Filter<'a> {
    /// Several keys mean that all of them hold.
    pub(super) fn read(filter: &Value, object: &'a Object, workspace: &'a Workspace) -> Result<Self, AttioError> {
        let map = filter.as_object().ok_or_else(|| AttioError::filter("A filter is an object."))?;
        if let Some(path) = map.get("path") {
            let path = AttributePath::read(path, object, workspace)?;
            let constraints = map.get("constraints").ok_or_else(|| AttioError::filter("A path needs constraints."))?;
            let conditions = read_conditions(path.attribute, constraints)?;
            return Ok(Self::Has(path, conditions));
        }
        let parts = map.iter().map(|(key, wanted)| Self::read_part(key, wanted, object, workspace));
        Ok(Self::All(parts.collect::<Result<_, _>>()?))
    }

    fn read_part(key: &str, wanted: &Value, object: &'a Object, workspace: &'a Workspace) -> Result<Self, AttioError> {
        let several = |wanted: &Value| -> Result<Vec<Self>, AttioError> {
            let parts =
                wanted.as_array().ok_or_else(|| AttioError::filter(format!("{key} takes a list of filters.")))?;
            parts.iter().map(|part| Self::read(part, object, workspace)).collect()
        };
        match key {
            "$and" => several(wanted).map(Self::All),
            "$or" => several(wanted).map(Self::Any),
            "$not" => Self::read(wanted, object, workspace).map(|filter| Self::Not(Box::new(filter))),
            key if key.starts_with('$') => Err(AttioError::filter(format!("Unknown operator \"{key}\"."))),
            name => {
                let path = AttributePath::direct(object, name)?;
                let conditions = read_conditions(path.attribute, wanted)?;
                Ok(Self::Has(path, conditions))
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    pub(super) fn admits(&self, record: &Record, workspace: &Workspace) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.admits(record, workspace)),
            Self::Any(parts) => parts.iter().any(|part| part.admits(record, workspace)),
            Self::Not(part) => !part.admits(record, workspace),
            Self::Has(path, conditions) => {
                let values = path.values(record, workspace);
                let wants_empty = conditions.iter().any(|condition| matches!(condition.test, Test::NotEmpty(false)));
                if wants_empty {
                    return values.is_empty();
                }
                values.iter().any(|value| conditions.iter().all(|condition| condition.holds(value)))
            }
        }
    }
}

/// A bare value is equality on the main field; operators may stand on the attribute or on one of its fields.
fn read_conditions(attribute: &Attribute, wanted: &Value) -> Result<Vec<Condition>, AttioError> {
    let main = || default_fields(attribute.kind);
    let Value::Object(map) = wanted else {
        return Ok(vec![Condition::read(attribute, main(), "$eq", wanted)?]);
    };
    let mut conditions = Vec::new();
    for (key, wanted) in map {
        if key.starts_with('$') {
            conditions.push(Condition::read(attribute, main(), key, wanted)?);
            continue;
        }
        let fields = named_fields(attribute, key)?;
        match wanted {
            Value::Object(operators) => read_operators(attribute, &fields, operators, &mut conditions)?,
            bare => conditions.push(Condition::read(attribute, fields, "$eq", bare)?),
        }
    }
    Ok(conditions)
}

fn read_operators(
    attribute: &Attribute,
    fields: &[String],
    operators: &Map<String, Value>,
    conditions: &mut Vec<Condition>,
) -> Result<(), AttioError> {
    for (operator, wanted) in operators {
        conditions.push(Condition::read(attribute, fields.to_vec(), operator, wanted)?);
    }
    Ok(())
}

fn default_fields(kind: AttributeType) -> Vec<String> {
    match kind {
        AttributeType::Select | AttributeType::Status => fields(kind)[..2].iter().map(ToString::to_string).collect(),
        kind => vec![main_field(kind).to_owned()],
    }
}

fn named_fields(attribute: &Attribute, name: &str) -> Result<Vec<String>, AttioError> {
    let is_choice = matches!(
        (attribute.kind, name),
        (AttributeType::Select, "option" | "title") | (AttributeType::Status, "status" | "title")
    );
    if is_choice {
        return Ok(default_fields(attribute.kind));
    }
    if fields(attribute.kind).contains(&name) {
        return Ok(vec![name.to_owned()]);
    }
    Err(AttioError::filter(format!("The attribute \"{}\" has no field \"{name}\".", attribute.slug)))
}

impl Condition {
    fn read(attribute: &Attribute, fields: Vec<String>, operator: &str, wanted: &Value) -> Result<Self, AttioError> {
        if !allowed(attribute.kind, &fields[0]).contains(&operator) {
            let message = format!("The operator \"{operator}\" does not apply to \"{}\".", attribute.slug);
            return Err(AttioError::filter(message));
        }
        let wrong = || AttioError::filter(format!("\"{operator}\" on \"{}\" cannot take that value.", attribute.slug));
        let text = || wanted.as_str().map(str::to_lowercase).ok_or_else(wrong);
        let test = match operator {
            "$eq" => Test::Equals(wanted.clone()),
            "$in" => Test::OneOf(wanted.as_array().ok_or_else(wrong)?.clone()),
            "$not_empty" => Test::NotEmpty(wanted.as_bool().ok_or_else(wrong)?),
            "$contains" => Test::Contains(text()?),
            "$starts_with" => Test::StartsWith(text()?),
            "$ends_with" => Test::EndsWith(text()?),
            "$lt" => Test::Compares(Ordering::Less, false, wanted.clone()),
            "$lte" => Test::Compares(Ordering::Less, true, wanted.clone()),
            "$gt" => Test::Compares(Ordering::Greater, false, wanted.clone()),
            "$gte" => Test::Compares(Ordering::Greater, true, wanted.clone()),
            _ => return Err(AttioError::filter(format!("Unknown operator \"{operator}\"."))),
        };
        Ok(Self { fields, test })
    }

    fn holds(&self, value: &Value) -> bool {
        self.fields.iter().filter_map(|field| at(value, field)).any(|found| self.test.passes(found))
    }
}

impl Test {
    fn passes(&self, found: &Value) -> bool {
        let text = || found.as_str().map(str::to_lowercase).unwrap_or_default();
        match self {
            Self::Equals(wanted) => compare(found, wanted) == Ordering::Equal,
            Self::OneOf(wanted) => wanted.iter().any(|wanted| compare(found, wanted) == Ordering::Equal),
            Self::NotEmpty(wanted) => *wanted == found.as_str().is_none_or(|text| !text.is_empty()),
            Self::Contains(part) => text().contains(part),
            Self::StartsWith(part) => text().starts_with(part),
            Self::EndsWith(part) => text().ends_with(part),
            Self::Compares(order, or_equal, wanted) => {
                let found = compare(found, wanted);
                found == *order || (*or_equal && found == Ordering::Equal)
            }
        }
    }
}

fn allowed(kind: AttributeType, field: &str) -> &'static [&'static str] {
    const TEXT: &[&str] = &["$eq", "$in", "$contains", "$starts_with", "$ends_with", "$not_empty"];
    const ORDERED: &[&str] = &["$eq", "$in", "$lt", "$lte", "$gt", "$gte", "$not_empty"];
    const CHOICE: &[&str] = &["$eq", "$in", "$not_empty"];
    match kind {
        AttributeType::Status if field == "active_from" => ORDERED,
        AttributeType::Location if field == "country_code" => &["$eq", "$in", "$starts_with", "$not_empty"],
        AttributeType::Text
        | AttributeType::Location
        | AttributeType::Domain
        | AttributeType::EmailAddress
        | AttributeType::PhoneNumber
        | AttributeType::PersonalName => TEXT,
        AttributeType::Number
        | AttributeType::Currency
        | AttributeType::Date
        | AttributeType::Timestamp
        | AttributeType::Rating
        | AttributeType::Interaction => ORDERED,
        AttributeType::Checkbox
        | AttributeType::Status
        | AttributeType::Select
        | AttributeType::RecordReference
        | AttributeType::ActorReference => CHOICE,
    }
}
