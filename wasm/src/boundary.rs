//! How values cross between JavaScript and Rust: field by field.
//!
//! Nothing is trusted to have the shape its type promises (some of it comes out of a store): a field is asked what it is
//! before it is read. JSON text would cross in one piece, but its reader and writer would double the bytes of `rules`.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Any JavaScript object; reading a field of it that is not there gives `undefined`.
    type Object;

    #[wasm_bindgen(constructor)]
    fn new() -> Object;

    #[wasm_bindgen(method, structural, indexing_getter)]
    fn get(this: &Object, field: &str) -> JsValue;

    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set(this: &Object, field: &str, value: JsValue);
}

/// An object that came in. A wrong shape is the caller's mistake and becomes a thrown `Error`.
pub(crate) struct Input<'a> {
    name: &'a str,
    object: &'a Object,
}

impl<'a> Input<'a> {
    pub(crate) fn new(name: &'a str, value: &'a JsValue) -> Result<Self, JsError> {
        if value.is_object() {
            Ok(Self { name, object: value.unchecked_ref() })
        } else {
            Err(wrong(name, "", "an object"))
        }
    }

    pub(crate) fn get(&self, field: &str) -> JsValue {
        self.object.get(field)
    }

    pub(crate) fn text(&self, field: &str) -> Result<String, JsError> {
        self.get(field).as_string().ok_or_else(|| wrong(self.name, field, "a string"))
    }

    pub(crate) fn optional_text(&self, field: &str) -> Result<Option<String>, JsError> {
        if is_nothing(&self.get(field)) { Ok(None) } else { self.text(field).map(Some) }
    }
}

#[cfg(feature = "rules")]
impl<'a> Input<'a> {
    pub(crate) fn optional(name: &'a str, value: &'a JsValue) -> Result<Option<Self>, JsError> {
        if is_nothing(value) { Ok(None) } else { Self::new(name, value).map(Some) }
    }

    /// One of the words that a list in the core knows.
    pub(crate) fn word<T>(&self, field: &str, meaning: impl FnOnce(&str) -> Option<T>) -> Result<T, JsError> {
        meaning(&self.text(field)?).ok_or_else(|| wrong(self.name, field, "one of the words its type lists"))
    }

    pub(crate) fn number(&self, field: &str) -> Result<f64, JsError> {
        self.get(field).as_f64().ok_or_else(|| wrong(self.name, field, "a number"))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::float_cmp,
        reason = "the cast saturates and cuts; what it changed is refused"
    )]
    pub(crate) fn count(&self, field: &str) -> Result<u32, JsError> {
        let number = self.number(field)?;
        let count = number as u32;
        if f64::from(count) == number { Ok(count) } else { Err(wrong(self.name, field, "a whole number")) }
    }
}

fn is_nothing(value: &JsValue) -> bool {
    value.is_null() || value.is_undefined()
}

fn wrong(name: &str, field: &str, must_be: &str) -> JsError {
    let dot = if field.is_empty() { "" } else { "." };
    JsError::new(&["`", name, dot, field, "` must be ", must_be].concat())
}

/// An object that goes out.
pub(crate) struct Output(Object);

impl Output {
    pub(crate) fn new() -> Self {
        Self(Object::new())
    }

    /// "No", with a stable code for programs and a sentence for people.
    pub(crate) fn refusal(code: &str, reason: &impl ToString) -> Self {
        Self::new().with("ok", false).with("code", code).with("message", reason.to_string())
    }

    pub(crate) fn with(self, field: &str, value: impl Into<JsValue>) -> Self {
        self.0.set(field, value.into());
        self
    }

    /// `null`, not `undefined`, stands for what is not known.
    pub(crate) fn with_optional(self, field: &str, value: Option<impl Into<JsValue>>) -> Self {
        self.with(field, value.map_or(JsValue::NULL, Into::into))
    }
}

impl From<Output> for JsValue {
    fn from(output: Output) -> Self {
        output.0.into()
    }
}

#[cfg(feature = "rules")]
#[wasm_bindgen]
extern "C" {
    type Array;

    #[wasm_bindgen(constructor)]
    fn new() -> Array;

    #[wasm_bindgen(method)]
    fn push(this: &Array, item: JsValue);
}

/// A list that goes out.
#[cfg(feature = "rules")]
pub(crate) fn list<T: Into<JsValue>>(items: impl IntoIterator<Item = T>) -> JsValue {
    let list = Array::new();
    for item in items {
        list.push(item.into());
    }
    list.into()
}
