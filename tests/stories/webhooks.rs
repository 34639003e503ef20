//! What an owner does with a webhook: exchange its secret, change it, test it, stop and resume it. Each is seen at the receiver.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Inhabited as _, Partner, Receiver, World};

const CREATED: &[&str] = &["lead.created"];
const DAY: Duration = Duration::from_hours(24);

stories! {
    async fn a_grant_has_only_so_many_webhooks(world: World, ALC_WEBHOOKS__MOST_PER_GRANT = "2") {
        let (partner, receiver) = (Partner::operator(&world, "acme").await, Receiver::start(&world.clock).await);
        let first = partner.subscribes(&receiver, CREATED).await;
        partner.subscribes(&receiver, CREATED).await;
        let third = json!({ "name": "third", "url": receiver.url(), "event": "lead.created" });
        assert_eq!(partner.post("/api/v1/webhooks", &third).await.problem(), (422, "too_many_webhooks"));

        partner.delete(&format!("/api/v1/webhooks/{first}")).await.expect(204);
        partner.post("/api/v1/webhooks", &third).await.expect(201);
    }

    async fn a_rotated_secret_signs_beside_the_new_one_until_its_overlap_ends(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        let first = secret_of(&partner, &webhook).await;

        // The first delivery is under way while the secret changes, twice.
        receiver.answers([500, 500]);
        partner.sends(&people[0]).await;
        world.settle().await;
        let second = rotated(&world, &partner, &receiver, &webhook, &Value::Null, DAY).await;
        world.later(Duration::from_secs(10)).await;
        let third = rotated(&world, &partner, &receiver, &webhook, &json!({}), DAY).await;
        world.later(Duration::from_secs(10)).await;
        assert_eq!(secret_of(&partner, &webhook).await, third);

        // Past the first secret's overlap, and ten seconds later past the second's.
        world.later(Duration::from_secs(24 * 60 * 60 - 15)).await;
        partner.sends(&people[1]).await;
        world.settle().await;
        world.later(Duration::from_secs(10)).await;
        partner.sends(&people[2]).await;
        world.settle().await;

        let secrets = [&first, &second, &third];
        let received = receiver.received();
        let signed: Vec<_> =
            received.iter().map(|told| secrets.map(|secret| told.letter.is_signed_by(secret))).collect();
        assert_eq!(signed, [
            [true, false, false],
            [true, true, false],
            [true, true, true],
            [false, true, true],
            [false, false, true],
        ]);
        let parts: Vec<_> =
            received.iter().map(|told| told.letter.header("webhook-signature").split(' ').count()).collect();
        assert_eq!(parts, [1, 2, 3, 2, 1]);
    }

    async fn a_secret_that_leaked_signs_no_more_when_its_owner_says_so(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        let leaked = secret_of(&partner, &webhook).await;
        let older = rotated(&world, &partner, &receiver, &webhook, &json!({}), DAY).await;
        let fresh = rotated(&world, &partner, &receiver, &webhook, &json!({ "overlap_s": 0 }), Duration::ZERO).await;
        partner.sends(&people[0]).await;
        world.settle().await;

        let [told] = receiver.received().try_into().unwrap();
        let signed = [&leaked, &older, &fresh].map(|secret| told.letter.is_signed_by(secret));
        assert_eq!(signed, [false, false, true]);
    }

    async fn a_rotation_that_cannot_be_is_refused(world: World, ALC_WEBHOOKS__SECRET_OVERLAP_S = "60") {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        let path = format!("/api/v1/webhooks/{webhook}/rotate-secret");
        let before = secret_of(&partner, &webhook).await;
        for (body, code) in [
            (json!({ "overlap_s": 61 }), "invalid_overlap"),
            (json!({ "overlap_s": -1 }), "invalid_overlap"),
            (json!({ "overlap_s": i64::MAX }), "invalid_overlap"),
            (json!({ "overlap_s": "1" }), "invalid_body"),
            (json!({ "overlap": 1 }), "invalid_body"),
        ] {
            assert_eq!(partner.post(&path, &body).await.problem(), (422, code), "{body}");
        }
        assert_eq!(secret_of(&partner, &webhook).await, before);

        // Each secret that still signs makes every callback longer.
        for _ in 0..4 {
            partner.press(&path).await.expect(200);
        }
        assert_eq!(partner.press(&path).await.problem(), (422, "too_many_secrets"));
        world.later(Duration::from_mins(1)).await;
        partner.press(&path).await.expect(200);
    }

    async fn a_secret_is_shown_to_who_may_make_one_and_to_nobody_else(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        let reader = Partner::with_token(&world, &world.operator_token("acme", &["webhooks:read"]).await);
        let path = format!("/api/v1/webhooks/{webhook}/secret");

        assert_eq!(reader.get(&path).await.problem(), (403, "insufficient_scope"));
        let another = Partner::operator(&world, "acme").await;
        assert_eq!(another.get(&path).await.problem(), (404, "not_found"));
        assert!(secret_of(&partner, &webhook).await.starts_with("whsec_"));
    }

    async fn a_changed_webhook_hears_as_it_now_wishes(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let (here, there) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        let webhook = partner.subscribes(&here, CREATED).await;
        there.trusts(&secret_of(&partner, &webhook).await);
        here.answers([500]);
        partner.sends(&people[0]).await;
        world.settle().await;

        let path = format!("/api/v1/webhooks/{webhook}");
        let change = json!({
            "name": "moved", "description": "to the new house", "url": there.url(),
            "events": ["lead.created", "lead.contacted"],
            "headers": { "Authorization": "Bearer canary-header", "X-Team": "red" },
        });
        let changed = partner.patch(&path, &change).await.expect(200);
        assert_eq!(changed, partner.get(&path).await.expect(200));
        assert_eq!(changed["header_names"], json!(["authorization", "x-team"]));
        assert_eq!(changed["events"], change["events"]);
        assert_eq!((&changed["name"], &changed["description"]), (&change["name"], &change["description"]));
        assert!(!changed.to_string().contains("canary-header") && changed.get("secret").is_none(), "{changed}");

        // What was under way goes to the new address with its next try.
        world.later(Duration::from_secs(10)).await;
        partner.sends(&people[1]).await;
        world.settle().await;
        assert_eq!(here.received().len(), 1);
        assert_eq!(there.heard().len(), 3, "one again, and two of the second lead");
        for told in there.received() {
            assert_eq!((told.letter.header("authorization"), told.letter.header("x-team")), ("Bearer canary-header", "red"));
            assert_eq!(told.letter.header("content-type"), "application/json");
        }

        // What is not named stays; null takes away.
        let changed = partner.patch(&path, &json!({ "headers": { "x-team": null }, "description": null })).await.expect(200);
        assert_eq!(changed["header_names"], json!(["authorization"]));
        assert_eq!((&changed["name"], &changed["description"]), (&json!("moved"), &Value::Null));
        partner.sends(&people[2]).await;
        world.settle().await;
        let told = there.received().pop().unwrap();
        assert_eq!((told.letter.header("authorization"), told.letter.header("x-team")), ("Bearer canary-header", ""));
    }

    async fn a_change_that_may_not_be_is_refused_whole(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let path = format!("/api/v1/webhooks/{}", partner.subscribes(&receiver, CREATED).await);
        let before = partner.get(&path).await.expect(200);
        let headers = |count: usize| (0..count).map(|n| (format!("x-{n}"), json!("v"))).collect::<serde_json::Map<_, _>>();
        for (change, code) in [
            (json!({ "url": "https://10.0.0.1/alc" }), "url_not_allowed"),
            (json!({ "url": "http://hooks.example.com/alc" }), "url_not_allowed"),
            (json!({ "url": "nowhere" }), "invalid_url"),
            (json!({ "url": format!("https://hooks.example.com/{}", "x".repeat(2048)) }), "invalid_url"),
            (json!({ "events": [] }), "event_missing"),
            (json!({ "events": ["lead.processd"] }), "unknown_event"),
            (json!({ "events": ["webhook.test"] }), "unknown_event"),
            (json!({ "name": "x".repeat(201) }), "name_too_long"),
            (json!({ "description": "x".repeat(1001) }), "description_too_long"),
            (json!({ "headers": { "Host": "metadata.internal" } }), "header_not_allowed"),
            (json!({ "headers": { "Content-Length": "0" } }), "header_not_allowed"),
            (json!({ "headers": { "content-encoding": "gzip" } }), "header_not_allowed"),
            (json!({ "headers": { "Webhook-Signature": "v1,x" } }), "header_not_allowed"),
            (json!({ "headers": { "Transfer-Encoding": "chunked" } }), "header_not_allowed"),
            (json!({ "headers": { "Proxy-Authorization": "x" } }), "header_not_allowed"),
            (json!({ "headers": { "X Team": "red" } }), "invalid_header"),
            (json!({ "headers": { "X-Team\r\nHost": "red" } }), "invalid_header"),
            (json!({ "headers": { "X-Team": "red\r\nHost: evil" } }), "invalid_header"),
            (json!({ "headers": { "X-Team": "x".repeat(1025) } }), "invalid_header"),
            (json!({ "headers": headers(11) }), "too_many_headers"),
            (json!({ "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" }), "invalid_body"),
            (json!({ "enabled": "yes" }), "invalid_body"),
        ] {
            let mut change = change;
            if code != "invalid_body" && change.get("name").is_none() {
                change["name"] = json!("changed in passing");
            }
            assert_eq!(partner.patch(&path, &change).await.problem(), (422, code), "{change}");
        }
        assert_eq!(partner.get(&path).await.expect(200), before);
        partner.patch(&path, &json!({ "headers": headers(10) })).await.expect(200);
        let one_more = json!({ "headers": { "x-one-more": "v" } });
        assert_eq!(partner.patch(&path, &one_more).await.problem(), (422, "too_many_headers"), "counted together");
    }

    async fn a_webhook_may_be_described_and_have_headers_from_the_start(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let draft = json!({
            "name": "story", "url": receiver.url(), "event": "lead.created",
            "description": "the first", "headers": { "X-Team": "red" },
        });
        let webhook = partner.post("/api/v1/webhooks", &draft).await.expect(201);
        receiver.trusts(webhook["secret"].as_str().unwrap());
        partner.sends(&world.somebody()).await;
        world.settle().await;

        assert_eq!((&webhook["description"], &webhook["enabled"]), (&json!("the first"), &json!(true)));
        let [told] = receiver.received().try_into().unwrap();
        assert_eq!(told.letter.header("x-team"), "red");
    }

    async fn a_webhook_that_its_owner_stopped_is_told_nothing_until_it_is_resumed(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let path = format!("/api/v1/webhooks/{}", partner.subscribes(&receiver, CREATED).await);
        let stopped = partner.patch(&path, &json!({ "enabled": false })).await.expect(200);
        assert_eq!((&stopped["enabled"], &stopped["disabled_reason"]), (&json!(false), &json!("by_owner")));
        partner.sends(&people[0]).await;
        world.settle().await;
        assert!(receiver.received().is_empty());

        let resumed = partner.patch(&path, &json!({ "enabled": true })).await.expect(200);
        assert_eq!((&resumed["enabled"], &resumed["disabled_at"]), (&json!(true), &Value::Null));
        let lead = partner.sends(&people[1]).await;
        world.later(Duration::from_hours(1)).await;
        let [told] = receiver.received().try_into().unwrap();
        assert_eq!(told.callback.lead_id, lead);
    }

    async fn a_test_is_signed_and_sent_once_whatever_the_webhook_subscribed_to(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        let path = format!("/api/v1/webhooks/{webhook}");
        let test = partner.press(&format!("{path}/test")).await.expect(202);
        world.settle().await;

        let [told] = receiver.notices().try_into().unwrap();
        assert_eq!(told.id, test["event_id"]);
        assert_eq!((&told.body["type"], &told.body["webhook_id"]), (&json!("webhook.test"), &json!(webhook)));

        // It carries what it is given.
        let data = json!({ "note": "it is me, 试" });
        partner.post(&format!("{path}/test"), &json!({ "data": data })).await.expect(202);
        assert_eq!(partner.post(&format!("{path}/test"), &json!({ "data": "me" })).await.problem(), (422, "invalid_body"));
        world.settle().await;
        assert_eq!(receiver.notices()[1].body["data"], data);

        // A failed one is not repeated, and a stopped webhook can be tried before it is resumed.
        partner.patch(&path, &json!({ "enabled": false })).await.expect(200);
        receiver.answers([500]);
        partner.press(&format!("{path}/test")).await.expect(202);
        world.settle().await;
        world.later(Duration::from_hours(1)).await;
        assert_eq!(receiver.notices().len(), 3);
    }
}

async fn secret_of(partner: &Partner, webhook: &str) -> String {
    let shown = partner.get(&format!("/api/v1/webhooks/{webhook}/secret")).await.expect(200);
    assert_eq!(shown["webhook_id"], webhook);
    shown["secret"].as_str().expect("a webhook has a secret").to_owned()
}

/// The new secret, which the receiver believes from now on.
async fn rotated(
    world: &World,
    partner: &Partner,
    receiver: &Receiver,
    webhook: &str,
    body: &Value,
    overlap: Duration,
) -> String {
    use alc_server::door::Clock as _;

    let path = format!("/api/v1/webhooks/{webhook}/rotate-secret");
    let answer = if body.is_null() { partner.press(&path).await } else { partner.post(&path, body).await };
    let answer = answer.expect(200);
    assert_eq!(answer["webhook_id"], webhook);
    let end = world.clock.now().plus_millis(i64::try_from(overlap.as_millis()).unwrap());
    assert_eq!(answer["previous_secret_expires_at"], alc_server::app::rfc3339(end));
    let secret = answer["secret"].as_str().expect("a rotation gives a secret").to_owned();
    receiver.trusts(&secret);
    secret
}
