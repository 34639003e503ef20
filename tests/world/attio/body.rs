//! Reads request bodies and collects every finding about their shape, because Attio reports them all at once.

use std::{cell::RefCell, rc::Rc};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::errors::{AttioError, Issue, Step};

/// A parsed JSON body.
pub(crate) struct Body(Value);

impl Body {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, AttioError> {
        serde_json::from_slice(bytes)
            .map(Self)
            .map_err(|error| AttioError::validation(format!("The body is not valid JSON: {error}.")))
    }

    /// A body that may be left out altogether.
    pub(crate) fn parse_or_empty(bytes: &[u8]) -> Result<Self, AttioError> {
        if bytes.is_empty() { Ok(Self(Value::Object(Map::new()))) } else { Self::parse(bytes) }
    }

    /// The keys at the top, for the bodies that are not wrapped.
    pub(crate) fn top(&self) -> Result<Fields<'_>, AttioError> {
        let issues = Issues::default();
        match Fields::of(&self.0, Vec::new(), &issues) {
            Some(fields) => Ok(fields),
            None => Err(AttioError::shape(issues.take())),
        }
    }

    /// The keys inside the `data` wrapper.
    pub(crate) fn data(&self) -> Result<Fields<'_>, AttioError> {
        let mut top = self.top()?;
        match top.object("data") {
            Some(data) => Ok(data),
            None => Err(AttioError::shape(top.issues.take())),
        }
    }
}

#[derive(Clone, Default)]
struct Issues(Rc<RefCell<Vec<Issue>>>);

impl Issues {
    fn add(&self, code: &'static str, path: Vec<Step>, message: &str) {
        self.0.borrow_mut().push(Issue { code, path, message: message.to_owned() });
    }

    fn take(&self) -> Vec<Issue> {
        self.0.take()
    }
}

/// The keys of one JSON object; findings in nested objects end up with the outermost.
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: Vec<Step>,
    issues: Issues,
}

impl<'a> Fields<'a> {
    fn of(value: &'a Value, path: Vec<Step>, issues: &Issues) -> Option<Self> {
        if let Value::Object(map) = value {
            return Some(Self { map, path, issues: issues.clone() });
        }
        issues.add("invalid_type", path, &format!("Expected object, received {}", kind_of(value)));
        None
    }

    pub(crate) fn map(&self) -> &'a Map<String, Value> {
        self.map
    }

    /// Every finding so far is an error of this request.
    pub(crate) fn finish(self) -> Result<(), AttioError> {
        let issues = self.issues.take();
        if issues.is_empty() { Ok(()) } else { Err(AttioError::shape(issues)) }
    }

    pub(crate) fn string(&mut self, key: &str) -> Option<String> {
        self.required(key, "string", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn boolean(&mut self, key: &str) -> Option<bool> {
        self.required(key, "boolean", Value::as_bool)
    }

    /// The key has to be there; its value may be `null`.
    pub(crate) fn nullable_string(&mut self, key: &str) -> Option<String> {
        if self.map.get(key) == Some(&Value::Null) { None } else { self.string(key) }
    }

    pub(crate) fn optional_string(&mut self, key: &str) -> Option<String> {
        self.map.contains_key(key).then(|| self.string(key)).flatten()
    }

    pub(crate) fn optional_boolean(&mut self, key: &str) -> Option<bool> {
        self.map.contains_key(key).then(|| self.boolean(key)).flatten()
    }

    pub(crate) fn optional_count(&mut self, key: &str) -> Option<usize> {
        if !self.map.contains_key(key) {
            return None;
        }
        self.required(key, "non-negative integer", |value| whole(value)?.try_into().ok())
    }

    pub(crate) fn optional(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key)
    }

    pub(crate) fn optional_array(&mut self, key: &str) -> Option<Vec<Value>> {
        self.map.contains_key(key).then(|| self.required(key, "array", |value| value.as_array().cloned())).flatten()
    }

    pub(crate) fn parsed<T: DeserializeOwned>(&mut self, key: &str, what: &str) -> Option<T> {
        self.required(key, what, |value| T::deserialize(value).ok())
    }

    pub(crate) fn strings(&mut self, key: &str) -> Option<Vec<String>> {
        self.required(key, "array of strings", |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    pub(crate) fn object(&mut self, key: &str) -> Option<Fields<'a>> {
        if !self.map.contains_key(key) {
            self.issues.add("invalid_type", self.path_to(key), "Required");
            return None;
        }
        self.optional_object(key)
    }

    pub(crate) fn optional_object(&mut self, key: &str) -> Option<Fields<'a>> {
        let value = self.map.get(key)?;
        Fields::of(value, self.path_to(key), &self.issues)
    }

    fn required<T>(&mut self, key: &str, what: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let Some(value) = self.map.get(key) else {
            self.issues.add("invalid_type", self.path_to(key), "Required");
            return None;
        };
        let found = read(value);
        if found.is_none() {
            let message = format!("Expected {what}, received {}", kind_of(value));
            self.issues.add("invalid_type", self.path_to(key), &message);
        }
        found
    }

    fn path_to(&self, key: &str) -> Vec<Step> {
        let mut path = self.path.clone();
        path.push(key.into());
        path
    }
}

/// A whole number, also as clients write it that know one kind of number only: `1.0`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number within 32 bits fits")]
pub(crate) fn whole(value: &Value) -> Option<u64> {
    let number = value.as_f64()?;
    let fits = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    fits.then_some(number as u64)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
