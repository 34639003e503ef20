//! The shared vectors, run natively. The same files run against the WebAssembly build and its fallback.

use alc_core::callback::Callback;
use alc_core::record::{ATTRIBUTES, RecordUpdate, Seen, should_apply};
use alc_core::signature::{self, Headers, Secret};
use alc_core::time::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn vectors<T: DeserializeOwned>(json: &str) -> Vec<T> {
    let vectors: Vec<T> = serde_json::from_str(json).expect("the vectors are well-formed");
    assert!(!vectors.is_empty(), "a test without vectors proves nothing");
    vectors
}

#[test]
fn callbacks_are_believed_or_refused_with_the_stated_code() {
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        secrets: Vec<String>,
        headers: HeaderTexts,
        body: String,
        now_ms: i64,
        expect: String,
    }
    #[derive(Deserialize)]
    struct HeaderTexts {
        id: String,
        timestamp: String,
        signature: String,
    }

    for vector in vectors::<Vector>(include_str!("../vectors/callbacks.json")) {
        let secrets: Vec<Secret> = vector.secrets.iter().map(|text| Secret::parse(text).unwrap()).collect();
        let headers = Headers {
            id: &vector.headers.id,
            timestamp: &vector.headers.timestamp,
            signature: &vector.headers.signature,
        };
        let body = vector.body.as_bytes();
        let verdict = match signature::verify(&secrets, headers, body, Timestamp::from_millis(vector.now_ms)) {
            Err(bad) => bad.code(),
            Ok(()) => Callback::parse(body).map_or_else(|invalid| invalid.code(), |_| "ok"),
        };
        assert_eq!(verdict, vector.expect, "{}", vector.name);
    }
}

#[test]
fn what_we_sign_we_believe() {
    let secret = Secret::from_key((0..32).collect()).unwrap();
    let at = Timestamp::from_millis(1_795_255_200_123);
    let signature = secret.sign("evt_1", at, b"{}");
    let headers = Headers { id: "evt_1", timestamp: &at.as_seconds().to_string(), signature: &signature };
    assert_eq!(signature::verify(&[Secret::parse(&secret.reveal()).unwrap()], headers, b"{}", at), Ok(()));
}

#[test]
fn only_newer_news_is_applied() {
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        seen: Option<Seen>,
        incoming: Seen,
        apply: bool,
    }

    for vector in vectors::<Vector>(include_str!("../vectors/sequence.json")) {
        assert_eq!(should_apply(vector.seen.as_ref(), &vector.incoming), vector.apply, "{}", vector.name);
    }
}

#[test]
fn record_values_are_written_as_attio_wants_them() {
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        update: RecordUpdate,
        values: serde_json::Map<String, serde_json::Value>,
    }

    for vector in vectors::<Vector>(include_str!("../vectors/record_values.json")) {
        assert_eq!(vector.update.values(), vector.values, "{}", vector.name);
    }
}

#[test]
fn the_record_has_the_stated_attributes() {
    let stated: Vec<serde_json::Value> = vectors(include_str!("../vectors/record_attributes.json"));
    assert_eq!(serde_json::to_value(ATTRIBUTES).unwrap(), serde_json::Value::from(stated));
}

#[cfg(feature = "phones")]
#[test]
fn phones_are_read_as_the_numbering_plans_say() {
    use alc_core::lead::LeadDraft;

    #[derive(Deserialize)]
    struct Vector {
        input: String,
        region: Option<String>,
        e164: Option<String>,
        code: Option<String>,
    }

    for vector in vectors::<Vector>(include_str!("../vectors/phones.json")) {
        let draft = LeadDraft {
            record_id: "rec_1".into(),
            name: "Ada".into(),
            phone_number: vector.input.clone(),
            region: vector.region.clone(),
            campaign: None,
        };
        let (e164, code) = match draft.check(None) {
            Ok(lead) => (Some(lead.phone.as_e164().to_owned()), None),
            Err(refused) => (None, Some(refused.code().to_owned())),
        };
        assert_eq!((e164, code), (vector.e164, vector.code), "{:?} in {:?}", vector.input, vector.region);
    }
}
