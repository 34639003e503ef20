//! The part that carries the numbering plans: may this lead's phone be texted?

use alc_core::lead::LeadDraft;
use alc_core::phone::Region;
use wasm_bindgen::prelude::*;

use crate::boundary::{Input, Output};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export type LeadDraft = {recordId: string; name: string; phoneNumber: string; region?: string}

export type LeadVerdict =
    {ok: true; phoneNumber: string; region: string | null} | {ok: false; code: string; message: string}
"#;

/// `defaultRegion` (ISO 3166-1 alpha-2) reads national formats when the draft names no region.
#[wasm_bindgen(js_name = checkLead, unchecked_return_type = "LeadVerdict")]
pub fn check_lead(
    #[wasm_bindgen(unchecked_param_type = "LeadDraft")] draft: &JsValue,
    #[wasm_bindgen(js_name = defaultRegion, unchecked_param_type = "string | null")] default_region: &JsValue,
) -> Result<JsValue, JsError> {
    let draft = Input::new("draft", draft)?;
    let region = draft.optional_text("region")?.filter(|code| !code.trim().is_empty());
    let draft = LeadDraft {
        record_id: draft.text("recordId")?,
        name: draft.text("name")?,
        phone_number: draft.text("phoneNumber")?,
        region: region.or_else(|| default_region.as_string()),
        campaign: None,
    };
    Ok(match draft.check(None) {
        Ok(lead) => Output::new()
            .with("ok", true)
            .with("phoneNumber", lead.phone.as_e164())
            .with_optional("region", lead.phone.region().as_ref().map(Region::as_str))
            .into(),
        Err(refused) => Output::refusal(refused.code(), &refused).into(),
    })
}
