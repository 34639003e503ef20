//! What nobody should send: each mistake gets its status, a stable code and a sentence to act on, and nothing stays behind.

use std::time::Duration;

use alc_server::door::{Clock as _, SystemClock};
use alc_server::http::caller::SCOPES;
use alc_tests::sms::sign;
use reqwest::Method;
use reqwest::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::world::{Answer, App, Inhabited as _, OUR_NUMBER, Partner, World, http, unique};

stories! {
    async fn a_person_who_cannot_be_texted_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let lead = |record: &str, phone: &str| json!({ "recordId": record, "name": "Ada", "phoneNumber": phone });
        let in_region = |region: &str| json!({ "recordId": "rec", "phoneNumber": "07400 123456", "region": region });
        let long = "x".repeat(501);
        for (draft, code) in [
            (lead("", "+447400123456"), "record_id_missing"),
            (lead("  ", "+447400123456"), "record_id_missing"),
            (json!({ "recordId": "rec", "name": long, "phoneNumber": "+447400123456" }), "name_too_long"),
            (json!({ "recordId": "rec", "name": "Ada" }), "phone_number_missing"),
            (lead("rec", " "), "phone_number_missing"),
            (lead("rec", "call me"), "phone_number_unreadable"),
            (lead("rec", "+44 7400 12"), "phone_number_invalid"),
            (lead("rec", "+999 555 1234567"), "phone_number_invalid"),
            (lead("rec", "+44 20 7946 0000"), "phone_number_not_textable"),
            (lead("rec", "+1 800 555 0199"), "phone_number_not_textable"),
            (in_region("ZZ"), "region_unknown"),
            (in_region("United Kingdom"), "region_unknown"),
        ] {
            let answer = partner.post("/api/v1/leads", &draft).await;
            assert_eq!(answer.problem(), (422, code), "{draft}");
            let verdict = partner.post("/api/v1/leads/check", &draft).await.expect(200);
            assert_eq!((&verdict["ok"], &verdict["code"]), (&false.into(), &code.into()), "{draft}");
            assert_eq!(verdict["message"], answer.body["detail"], "{draft}");
        }
        nothing_is_stored(&world, &partner).await;
    }

    async fn a_body_that_does_not_fit_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        for path in ["/api/v1/leads", "/api/v1/leads/check", "/api/v1/webhooks"] {
            for (body, status, code) in [
                (&b""[..], 400, "malformed_json"),
                (b"{", 400, "malformed_json"),
                (b"{\"\xff\": 1}", 400, "malformed_json"),
                (b"null", 422, "invalid_body"),
                (b"\"a lead\"", 422, "invalid_body"),
                (br#"{"recordId": 7, "url": 7}"#, 422, "invalid_body"),
                (br#"{"recordId": "rec", "url": "https://hooks.example.com/", "phone": "1"}"#, 422, "invalid_body"),
            ] {
                let answer = send(&world, &partner, path, "application/json", body).await;
                assert_eq!(answer.problem(), (status, code), "{path} {}", body.escape_ascii());
            }
        }
        nothing_is_stored(&world, &partner).await;
    }

    async fn a_body_that_goes_on_after_its_end_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let body = br#"{"recordId": "rec", "name": "Ada", "phoneNumber": "+447400123456"} {}"#;
        let answer = send(&world, &partner, "/api/v1/leads", "application/json", body).await;
        assert_eq!(answer.problem(), (400, "malformed_json"));
        nothing_is_stored(&world, &partner).await;
    }

    async fn a_body_larger_than_we_take_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let limit = world.service.app.settings.server.body_limit_bytes;
        let body = json!({ "recordId": "rec", "name": "x".repeat(limit), "phoneNumber": "+447400123456" }).to_string();
        for path in ["/api/v1/leads", "/api/v1/leads/check", "/api/v1/webhooks"] {
            let answer = send(&world, &partner, path, "application/json", body.as_bytes()).await;
            assert_eq!(answer.problem(), (413, "body_too_large"), "{path}");
        }
        nothing_is_stored(&world, &partner).await;
    }

    async fn a_body_that_is_not_said_to_be_json_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let body = json!({ "recordId": "rec", "name": "Ada", "phoneNumber": "+447400123456" }).to_string();
        for kind in ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json"] {
            let answer = send(&world, &partner, "/api/v1/leads", kind, body.as_bytes()).await;
            assert_eq!(answer.problem(), (415, "not_json"), "{kind}");
        }
        nothing_is_stored(&world, &partner).await;
    }

    async fn a_caller_without_a_good_token_is_turned_away(world: World) {
        let good = world.operator_token("acme", SCOPES).await;
        let revoked = Partner::connected(&world, &world.member("acme").await).await;
        revoked.gives_its_access_back().await;
        for (authorization, code) in [
            (String::new(), "token_missing"),
            ("Bearer".to_owned(), "token_missing"),
            ("Bearer  ".to_owned(), "token_missing"),
            (format!("Basic {good}"), "token_missing"),
            (good.clone(), "token_missing"),
            ("Bearer alc_at_nonsense".to_owned(), "token_invalid"),
            (format!("Bearer {good}x"), "token_invalid"),
            (format!("Bearer {}", revoked.token), "token_invalid"),
        ] {
            for (method, path) in ROUTES.map(|(method, path, _)| (method, path)) {
                let request = http().request(method, format!("{}{path}", world.url()));
                let answer = request.header(AUTHORIZATION, &authorization).send().await.unwrap();
                let answer = Answer::read(answer).await;
                assert_eq!(answer.problem(), (401, code), "{authorization} {path}");
                assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
            }
        }
    }

    async fn a_token_in_the_address_is_not_read(world: World) {
        let token = world.operator_token("acme", SCOPES).await;
        for query in [format!("access_token={token}"), format!("token={token}")] {
            let answer = http().get(format!("{}/api/v1/leads?{query}", world.url())).send().await.unwrap();
            assert_eq!(Answer::read(answer).await.problem(), (401, "token_missing"));
        }
    }

    async fn a_token_that_has_expired_is_turned_away(world: World) {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        partner.get("/api/v1/leads").await.expect(200);

        let lifetime = world.service.app.settings.oauth.access_token_lifetime_s;
        world.later(Duration::from_secs(u64::try_from(lifetime).unwrap())).await;

        assert_eq!(partner.get("/api/v1/leads").await.problem(), (401, "token_invalid"));
    }

    async fn a_token_reaches_as_far_as_its_scopes(world: World) {
        for (method, path, needed) in ROUTES {
            let others: Vec<&str> = SCOPES.iter().copied().filter(|scope| *scope != needed).collect();
            let token = world.operator_token("acme", &others).await;
            let request = http().request(method, format!("{}{path}", world.url())).bearer_auth(token);
            let answer = Answer::read(request.send().await.unwrap()).await;
            assert_eq!(answer.problem(), (403, "insufficient_scope"), "{path}");
            assert!(answer.body["detail"].as_str().unwrap().contains(needed), "{answer:?}");
        }
    }

    async fn a_webhook_that_points_nowhere_good_is_refused(world: World, ALC_WEBHOOKS__ALLOW_LOOPBACK = "false") {
        let partner = Partner::operator(&world, "acme").await;
        for (url, code) in [
            ("", "invalid_url"),
            ("not a url", "invalid_url"),
            ("/alc/callback", "invalid_url"),
            ("https://", "invalid_url"),
            ("http://hooks.example.com/alc", "url_not_allowed"),
            ("ftp://hooks.example.com/alc", "url_not_allowed"),
            ("file:///etc/passwd", "url_not_allowed"),
            ("https://ada:secret@hooks.example.com/alc", "url_not_allowed"),
            ("http://127.0.0.1:8080/alc", "url_not_allowed"),
            ("https://127.0.0.1/alc", "url_not_allowed"),
            ("https://2130706433/alc", "url_not_allowed"),
            ("https://localhost/alc", "url_not_allowed"),
            ("https://[::1]/alc", "url_not_allowed"),
            ("https://[::ffff:10.0.0.1]/alc", "url_not_allowed"),
            ("https://169.254.169.254/latest/meta-data", "url_not_allowed"),
            ("https://10.0.0.1/alc", "url_not_allowed"),
            ("https://db.internal/alc", "url_not_allowed"),
        ] {
            let draft = json!({ "name": "story", "url": url, "event": "lead.processed" });
            assert_eq!(partner.post("/api/v1/webhooks", &draft).await.problem(), (422, code), "{url}");
        }
        nothing_is_stored(&world, &partner).await;
    }

    async fn a_webhook_for_no_event_we_have_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let url = "https://hooks.example.com/alc";
        for (draft, code) in [
            (json!({ "url": url }), "event_missing"),
            (json!({ "url": url, "events": [] }), "event_missing"),
            (json!({ "url": url, "event": "lead.processd" }), "unknown_event"),
            (json!({ "url": url, "events": ["lead.processed", "*"] }), "unknown_event"),
            (json!({ "url": url, "event": "lead.processed", "name": "x".repeat(201) }), "name_too_long"),
            (json!({ "event": "lead.processed" }), "invalid_body"),
        ] {
            assert_eq!(partner.post("/api/v1/webhooks", &draft).await.problem(), (422, code), "{draft}");
        }
        nothing_is_stored(&world, &partner).await;
    }

    async fn a_path_that_leads_nowhere_says_so(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        for path in ["/", "/api/v1", "/api/v1/lead", "/api/v2/leads", "/api/v1/leads/x/y", "/sms/carrier-pigeon"] {
            assert_eq!(partner.get(path).await.problem(), (404, "no_such_route"), "{path}");
        }
    }

    async fn a_method_that_a_path_does_not_take_says_which_it_takes(world: World) {
        for (method, path, allowed) in [
            (Method::DELETE, "/api/v1/leads", "GET"),
            (Method::GET, "/api/v1/leads/check/", ""),
            (Method::PUT, "/api/v1/leads/lead_0", "GET"),
            (Method::PATCH, "/api/v1/webhooks", "POST"),
            (Method::POST, "/api/v1/webhooks/wh_0", "DELETE"),
            (Method::GET, "/sms/twilio", "POST"),
            (Method::POST, "/health", "GET"),
        ] {
            let answer = http().request(method, format!("{}{path}", world.url())).send().await.unwrap();
            let answer = Answer::read(answer).await;
            if allowed.is_empty() {
                assert_eq!(answer.problem(), (404, "no_such_route"), "{path}");
                continue;
            }
            assert_eq!(answer.problem(), (405, "method_not_allowed"), "{path}");
            assert!(answer.headers[ALLOW].to_str().unwrap().contains(allowed), "{path} {answer:?}");
        }
    }

    async fn an_sms_that_is_no_form_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let limit = world.service.app.settings.server.body_limit_bytes;
        let form = "application/x-www-form-urlencoded";
        for path in ["/sms/twilio", "/sms/twilio/status/msg_0"] {
            for (kind, body, status, code) in [
                ("application/json", "{}".to_owned(), 415, "not_a_form"),
                ("text/plain", "STOP".to_owned(), 415, "not_a_form"),
                ("", "From=%2B447400123456".to_owned(), 415, "not_a_form"),
                (form, "%FF=%FE".to_owned(), 401, "signature_mismatch"),
                (form, "x".repeat(limit + 1), 413, "body_too_large"),
            ] {
                let answer = send(&world, &partner, path, kind, body.as_bytes()).await;
                assert_eq!(answer.problem(), (status, code), "{path} {kind}");
            }
        }
    }

    async fn a_callback_that_nobody_signed_changes_no_record(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        let forged = json!({
            "type": "lead.processed",
            "timestamp": "2026-11-02T09:30:00Z",
            "record_id": ada.record,
            "status": "Complete",
            "lead_id": world.attio.record(&ada.record).value("alc_lead_id"),
            "sequence": 9,
            "outcome": { "interest": "Hot", "confidence": 1.0, "summary": "Buys everything." },
        });
        let (secret, now) = (app.webhook_secret().await, SystemClock.now());
        let strangers = "whsec_c3RyYW5nZXJzIGhhdmUgc2VjcmV0cywgdG9v";
        let minutes = |minutes: i64| now.plus_millis(minutes * 60_000);

        for (secret, at, code) in [
            (strangers, now, "signature_mismatch"),
            (secret.as_str(), minutes(-6), "signature_expired"),
            (secret.as_str(), minutes(6), "signature_expired"),
        ] {
            let answer = app.is_told_with(&forged, secret, at).await;
            assert_eq!((answer.status, &answer.body["code"]), (401, &code.into()));
        }

        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Pending"));
        app.is_told(&forged).await.expect(200);
        // The same, signed: it was the signature that was missing.
        assert_eq!(world.attio.record(&ada.record).value("alc_interest").as_deref(), Some("Hot"));
    }

    async fn a_signed_callback_that_makes_no_sense_changes_no_record(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        let whole = json!({
            "type": "lead.processed",
            "timestamp": "2026-11-02T09:30:00Z",
            "record_id": ada.record,
            "status": "Complete",
            "lead_id": format!("lead_{}", unique()),
            "sequence": 9,
            "outcome": null,
        });
        for (key, value, code) in [
            ("record_id", Value::Null, "missing_record_id"),
            ("status", Value::Null, "missing_status"),
            ("status", "Finished".into(), "invalid_callback"),
            ("sequence", "nine".into(), "invalid_callback"),
            ("outcome", json!({ "interest": "Lukewarm", "confidence": 1, "summary": "" }), "invalid_callback"),
        ] {
            let mut broken = whole.clone();
            broken[key] = value;
            let answer = app.is_told(&broken).await;
            assert_eq!((answer.status, &answer.body["code"]), (400, &code.into()), "{broken}");
        }
        assert_eq!(world.written_to(&ada.record), ["Pending"]);
    }

    async fn a_lead_without_a_record_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let answer = partner.post("/api/v1/leads", &json!({ "name": "Ada", "phoneNumber": "+447400123456" })).await;
        assert_eq!(answer.problem(), (422, "record_id_missing"));
        nothing_is_stored(&world, &partner).await;
    }

    async fn a_record_id_that_is_none_and_a_campaign_there_is_not_are_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let endless = json!({ "recordId": "r".repeat(201), "name": "Ada", "phoneNumber": "+447400123456" });
        let campaign = json!({ "recordId": "rec", "phoneNumber": "+447400123456", "campaign": "spring" });
        for (body, code) in [(&endless, "record_id_too_long"), (&campaign, "campaign_unknown")] {
            assert_eq!(partner.post("/api/v1/leads", body).await.problem(), (422, code));
        }
        nothing_is_stored(&world, &partner).await;
    }

    /// With an empty key anybody could sign.
    async fn a_gateway_without_a_token_is_believed_by_nobody(world: World, ALC_SMS__AUTH_TOKEN = "") {
        let url = format!("{}/sms/twilio", world.url());
        let form = [("MessageSid", "SM1"), ("From", "+447400123456"), ("To", OUR_NUMBER), ("Body", "STOP")];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let answer = http().post(&url).header("X-Twilio-Signature", sign("", &url, &form)).form(&form).send().await;
        assert_eq!(Answer::read(answer.unwrap()).await.problem(), (401, "signature_mismatch"));
        assert!(!world.keeps_sms("SM1").await);
    }

    /// Where the `type` of a problem leads.
    async fn every_kind_of_problem_is_explained(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let refused = partner.post("/api/v1/leads", &json!({ "recordId": "r" })).await;
        let kind = refused.body["type"].as_str().unwrap().to_owned();
        let page = http().get(format!("{}{kind}", world.url())).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        assert!(page.contains("phone_number_missing") && page.contains("Add a mobile number"), "{page}");
        let all = http().get(format!("{}/problems", world.url())).send().await.unwrap().text().await.unwrap();
        assert!(all.contains(&kind), "{all}");
        assert_eq!(partner.get("/problems/unheard_of").await.problem(), (404, "not_found"));
    }

    async fn text_that_no_database_takes_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let lead = json!({ "recordId": "rec\u{0}1", "name": "Ada", "phoneNumber": "+447400123456" });
        let campaign = json!({ "recordId": "rec", "phoneNumber": "+447400123456", "campaign": "\u{0}" });
        let webhook = json!({ "name": "\u{0}", "url": "http://127.0.0.1/", "event": "lead.processed" });
        for (path, body) in
            [("/api/v1/leads", &lead), ("/api/v1/leads", &campaign), ("/api/v1/webhooks", &webhook)]
        {
            assert_eq!(partner.post(path, body).await.problem(), (422, "invalid_body"), "{path} {body}");
        }
        nothing_is_stored(&world, &partner).await;
    }

    async fn an_id_that_cannot_exist_is_not_found(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        for id in ["lead_0", "%20", "%00", "%FF", "..%2F..", "'%20OR%201=1--", &"x".repeat(2000)] {
            for path in [format!("/api/v1/leads/{id}"), format!("/api/v1/webhooks/{id}")] {
                assert_eq!(partner.get(&path).await.problem(), (404, "not_found"), "{path}");
            }
            let path = format!("/api/v1/webhooks/{id}");
            assert_eq!(partner.delete(&path).await.problem(), (404, "not_found"), "{path}");
        }
    }

    async fn a_list_in_place_of_a_body_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        for path in ["/api/v1/leads", "/api/v1/leads/check", "/api/v1/webhooks"] {
            for body in [json!([]), json!(["rec", "Ada", "+447400123456"]), json!([{ "recordId": "rec" }])] {
                assert_eq!(partner.post(path, &body).await.problem(), (422, "invalid_body"), "{path} {body}");
            }
        }
        nothing_is_stored(&world, &partner).await;
    }
}

/// Every route of the partner API, and the scope it needs.
const ROUTES: [(Method, &str, &str); 8] = [
    (Method::POST, "/api/v1/leads", "leads:write"),
    (Method::POST, "/api/v1/leads/check", "leads:write"),
    (Method::GET, "/api/v1/leads", "leads:read"),
    (Method::GET, "/api/v1/leads/lead_0", "leads:read"),
    (Method::POST, "/api/v1/webhooks", "webhooks:write"),
    (Method::DELETE, "/api/v1/webhooks/wh_0", "webhooks:write"),
    (Method::GET, "/api/v1/webhooks", "webhooks:read"),
    (Method::GET, "/api/v1/webhooks/wh_0", "webhooks:read"),
];

/// Posts bytes as they are; no `kind`, no Content-Type.
async fn send(world: &World, partner: &Partner, path: &str, kind: &str, body: &[u8]) -> Answer {
    let request = http().post(format!("{}{path}", world.url())).bearer_auth(&partner.token).body(body.to_vec());
    let request = if kind.is_empty() { request } else { request.header(CONTENT_TYPE, kind) };
    Answer::read(request.send().await.expect("the service answers")).await
}

async fn nothing_is_stored(world: &World, partner: &Partner) {
    world.settle().await;
    assert_eq!((partner.leads().await, partner.webhooks().await), (vec![], vec![]));
    assert_eq!(world.asked_of_the_gateway().count(), 0);
}
