//! How values cross between JavaScript and Rust: as JSON text.
//!
//! The core reads and writes JSON anyway, so this costs a few hundred bytes where field-by-field access would cost
//! several kilobytes in every bundle.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON)]
    fn parse(text: &str) -> JsValue;

    /// Nothing for what JSON cannot say, such as `undefined`.
    #[wasm_bindgen(js_namespace = JSON)]
    fn stringify(value: &JsValue) -> Option<String>;
}

/// Reads an argument. A wrong shape is the caller's mistake and becomes a thrown `Error` naming the argument.
pub(crate) fn read<T: DeserializeOwned>(argument: &str, value: &JsValue) -> Result<T, JsError> {
    let text = stringify(value).unwrap_or_else(|| "null".to_owned());
    serde_json::from_slice::<Value>(text.as_bytes())
        .and_then(serde_json::from_value)
        .map_err(|error| JsError::new(&format!("`{argument}` has the wrong shape: {error}")))
}

pub(crate) fn answer(value: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(parse(&serde_json::to_string(value)?))
}

/// "No", with a stable code for programs and a sentence for people.
#[derive(Serialize)]
pub(crate) struct Refusal {
    ok: bool,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, reason: &impl ToString) -> Self {
        Self { ok: false, code, message: reason.to_string() }
    }
}
