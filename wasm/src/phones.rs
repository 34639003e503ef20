//! The part that carries the numbering plans: may this lead's phone be texted?

use alc_core::lead::{LeadDraft, LeadRefused};
use alc_core::phone::Region;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::boundary::{Refusal, answer, read};

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
    #[wasm_bindgen(js_name = defaultRegion, unchecked_param_type = "string | null")] default_region: Option<String>,
) -> Result<JsValue, JsError> {
    let draft: LeadDraft = read("draft", draft)?;
    let checked = default_region
        .map(|code| Region::parse(&code).map_err(|_| LeadRefused::RegionUnknown))
        .transpose()
        .and_then(|region| draft.check(region));
    match checked {
        Ok(lead) => answer(&Textable {
            ok: true,
            phone_number: lead.phone.as_e164(),
            region: lead.phone.region().as_ref().map(Region::as_str),
        }),
        Err(refused) => answer(&Refusal::new(refused.code(), &refused)),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Textable<'a> {
    ok: bool,
    phone_number: &'a str,
    region: Option<&'a str>,
}
