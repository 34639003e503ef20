//! Any partner's signed callback reaches the record, in a workspace without the app.

use std::time::Duration;

use alc_core::time::Timestamp;
use alc_server::connections::NewConnection;
use alc_server::door::{Clock as _, SystemClock};
use alc_tests::faults::Fault;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::world::{Answer, Inhabited, MortalWorld, Somebody, World, http, place, unique};

stories! {
    async fn a_partners_callback_is_written_and_its_attributes_are_made(world: World) {
        let (partner, ada) = (SomePartner::connected(&world).await, world.somebody());
        let answer = partner.tells(&complete(&ada, 3)).await;
        assert_eq!(answer.expect(200), json!({ "result": "accepted" }));
        world.settle().await;

        let record = world.attio.record(&ada.record);
        let value = |slug| record.value(slug);
        assert_eq!(value("alc_status").as_deref(), Some("Complete"));
        assert_eq!(value("alc_interest").as_deref(), Some("Warm"));
        assert_eq!(value("alc_summary").as_deref(), Some("Wants a price."));
        assert_eq!(value("alc_lead_id").as_deref(), Some("7"));
        assert!(value("alc_checked_at").is_some());
    }

    /// As the published SDK example has it.
    async fn a_record_and_a_status_are_enough(world: World) {
        let (partner, ada) = (SomePartner::connected(&world).await, world.somebody());
        partner.tells(&json!({ "record_id": ada.record, "status": "qualified" })).await.expect(200);
        world.settle().await;
        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("qualified"));
    }

    async fn a_callback_told_again_is_written_once(world: World) {
        let (partner, ada) = (SomePartner::connected(&world).await, world.somebody());
        let told = complete(&ada, 3);
        let id = unique();
        partner.tells_as(&id, &told).await.expect(200);
        world.settle().await;
        let written = world.written_to(&ada.record);

        assert_eq!(partner.tells_as(&id, &told).await.expect(200), json!({ "result": "duplicate" }));
        world.settle().await;
        assert_eq!(world.written_to(&ada.record), written);
    }

    async fn an_older_callback_never_overwrites_a_newer_one(world: World) {
        let (partner, ada) = (SomePartner::connected(&world).await, world.somebody());
        partner.tells(&complete(&ada, 3)).await.expect(200);
        world.settle().await;

        let mut earlier = complete(&ada, 2);
        earlier["status"] = "Pending".into();
        assert_eq!(partner.tells(&earlier).await.expect(200), json!({ "result": "stale" }));
        let of_yesterday = json!({ "record_id": ada.record, "status": "new", "timestamp": "2026-01-01T00:00:00Z" });
        assert_eq!(partner.tells(&of_yesterday).await.expect(200), json!({ "result": "stale" }));
        world.settle().await;
        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Complete"));
    }

    async fn many_callbacks_while_attio_is_away_end_with_the_newest(world: World) {
        let (partner, ada) = (SomePartner::connected(&world).await, world.somebody());
        partner.tells(&json!({ "record_id": ada.record, "status": "first" })).await.expect(200);
        world.settle().await;
        world.attio.fail(Fault::status(503).on("PATCH", &ada.record).times(1));
        for status in ["second", "third", "fourth"] {
            world.clock.advance(Duration::from_millis(1));
            partner.tells(&json!({ "record_id": ada.record, "status": status })).await.expect(200);
        }
        world.settle().await;
        world.later(Duration::from_secs(10)).await;

        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("fourth"));
        assert_eq!(world.written_to(&ada.record), ["first", "fourth"], "what was overtaken is not written");
    }

    async fn attio_is_asked_again_when_it_says(world: World, ALC_WEBHOOKS__LONGEST_RETRY_MS = "600000") {
        let (partner, ada) = (SomePartner::connected(&world).await, world.somebody());
        // The attributes are made for somebody else.
        partner.tells(&complete(&world.people()[1], 1)).await.expect(200);
        world.settle().await;
        let in_a_minute = jiff::Timestamp::from_second(world.clock.now().as_seconds() + 60).unwrap();
        let in_a_minute = in_a_minute.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        world.attio.fail(Fault::status(429).on("PATCH", &ada.record).retry_after(&in_a_minute));
        world.attio.fail(Fault::status(429).on("PATCH", &ada.record).retry_after("30"));
        let is_asked = |method: &str, path: &str| method == "PATCH" && path.ends_with(&ada.record);
        let asked = || world.attio.requests().iter().filter(|it| is_asked(&it.method, &it.path)).count();

        partner.tells(&complete(&ada, 3)).await.expect(200);
        world.settle().await;
        assert_eq!(asked(), 1);
        // Longer than any wait of ours between two tries, and shorter than Attio's.
        for (seconds, tries) in [(58, 1), (3, 2), (28, 2), (3, 3)] {
            world.later(Duration::from_secs(seconds)).await;
            assert_eq!(asked(), tries, "after {seconds} s more");
        }
        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Complete"));
    }

    async fn callbacks_outlive_a_day_without_attio(
        world: World,
        ALC_WEBHOOKS__FIRST_RETRY_MS = "5000",
        ALC_WEBHOOKS__LONGEST_RETRY_MS = "21600000"
    ) {
        let (partner, people) = (SomePartner::connected(&world).await, world.people());
        world.attio.fail(Fault::status(503).on("PATCH", "/records/").times(u32::MAX));
        for hour in 0..24_u32 {
            // One that changes all day, and many that are told of once.
            partner.tells_at(world.clock.now(), &complete(&people[0], hour + 1)).await.expect(200);
            if let Some(somebody) = people.get(1 + usize::try_from(hour).unwrap()) {
                partner.tells_at(world.clock.now(), &complete(somebody, 1)).await.expect(200);
            }
            world.settle().await;
            world.later(Duration::from_hours(1)).await;
        }
        assert_eq!(world.written_to(&people[0].record), [""; 0]);
        world.attio.recovers();
        world.later(Duration::from_hours(6)).await;

        let told = people.iter().take(25);
        for somebody in told {
            let status = world.attio.record(&somebody.record).value("alc_status");
            assert_eq!((status.as_deref(), world.written_to(&somebody.record).len()), (Some("Complete"), 1));
        }
        let dead = world.dead_letters().await;
        assert!(dead.is_empty(), "{dead:?}");
    }

    async fn a_record_that_is_gone_leaves_nothing_to_do(world: World) {
        let partner = SomePartner::connected(&world).await;
        let nobody = "00000000-0000-4000-8000-000000000000";
        partner.tells(&json!({ "record_id": nobody, "status": "Complete" })).await.expect(200);
        world.settle().await;
        let dead = world.dead_letters().await;
        assert!(dead.is_empty(), "{dead:?}");
    }

    async fn what_is_not_signed_by_the_partner_is_not_believed(world: World) {
        let (partner, ada) = (SomePartner::connected(&world).await, world.somebody());
        let stranger = SomePartner::connected(&world).await;
        let (told, now) = (complete(&ada, 3).to_string(), world.clock.now().as_seconds());
        let signed_by = |secret: &str, at: i64| Webhook::new(secret).unwrap().sign("1", at, told.as_bytes()).unwrap();
        for (signature, at, code) in [
            (signed_by(&stranger.secret, now), now, "signature_mismatch"),
            (signed_by(&partner.secret, now), now - 1, "signature_mismatch"),
            (signed_by(&partner.secret, now - 301), now - 301, "signature_expired"),
            (signed_by(&partner.secret, now + 301), now + 301, "signature_expired"),
            ("v1,".to_owned(), now, "signature_mismatch"),
        ] {
            let request = http()
                .post(&partner.url)
                .header("webhook-id", "1")
                .header("webhook-timestamp", at.to_string())
                .header("webhook-signature", signature)
                .body(told.clone());
            assert_eq!(sent(request).await.problem(), (401, code));
        }
        // Signed, and changed on the way by one letter.
        let tampered = http()
            .post(&partner.url)
            .header("webhook-id", "1")
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", signed_by(&partner.secret, now))
            .body(told.replace("Complete", "complete"));
        assert_eq!(sent(tampered).await.problem(), (401, "signature_mismatch"));
        assert_eq!(sent(http().post(&partner.url).body(told)).await.status, 401, "not signed at all");
        world.settle().await;
        assert_eq!(world.written_to(&ada.record), [""; 0]);
    }

    async fn a_callback_that_says_too_little_or_nonsense_is_refused(world: World) {
        let (partner, ada) = (SomePartner::connected(&world).await, world.somebody());
        for (body, code) in [
            (json!({ "status": "Complete" }), "missing_record_id"),
            (json!({ "record_id": ada.record }), "missing_status"),
            (json!({ "record_id": "../../v2/self", "status": "Complete" }), "record_id_invalid"),
            (json!({ "record_id": ada.record, "status": "Complete", "timestamp": "yesterday" }), "invalid_callback"),
            (json!({ "record_id": ada.record, "status": "x".repeat(201) }), "invalid_callback"),
            (json!([]), "missing_record_id"),
        ] {
            assert_eq!(partner.tells(&body).await.problem(), (400, code), "{body}");
        }
        world.settle().await;
        assert_eq!(world.written_to(&ada.record), [""; 0]);
    }

    async fn a_connection_that_is_not_there_is_not_found(world: World) {
        let (mut partner, ada) = (SomePartner::connected(&world).await, world.somebody());
        world.operator().remove_connection(&partner.id).await.unwrap();
        assert_eq!(partner.tells(&complete(&ada, 1)).await.problem(), (404, "not_found"));
        partner.url = format!("{}/callbacks/lead-processed/conn_0", world.url());
        assert_eq!(partner.tells(&complete(&ada, 1)).await.problem(), (404, "not_found"));
    }

    async fn what_was_answered_with_200_outlives_the_service(world: MortalWorld) {
        let (partner, ada) = (SomePartner::connected(&world).await, world.somebody());
        let write = world.attio.hold_next("PATCH", &ada.record);
        partner.tells(&complete(&ada, 3)).await.expect(200);
        write.arrived().await;
        world.is_killed_and_comes_back().await;
        write.release();

        let status = |record: &str| world.attio.record(record).value("alc_status");
        world.attio.until(|_| status(&ada.record).as_deref() == Some("Complete")).await;
        world.settle().await;
        assert_eq!(world.dead_letters().await, [""; 0]);
    }
}

/// Not us: it signs with the reference library of Standard Webhooks, and counts its leads its own way.
struct SomePartner {
    id: String,
    url: String,
    secret: String,
}

impl SomePartner {
    async fn connected(world: &impl Inhabited) -> Self {
        let made = world.operator().connect_attio(place("acme"), "local-attio-token").await;
        let NewConnection { id, callback_path, callback_secret } = made.expect("a connection can be made");
        Self { id: id.to_string(), url: format!("{}{callback_path}", world.url()), secret: callback_secret }
    }

    async fn tells(&self, callback: &Value) -> Answer {
        self.tells_as(&unique(), callback).await
    }

    async fn tells_as(&self, webhook_id: &str, callback: &Value) -> Answer {
        self.sends(webhook_id, SystemClock.now(), callback).await
    }

    /// By the story's clock.
    async fn tells_at(&self, now: Timestamp, callback: &Value) -> Answer {
        self.sends(&unique(), now, callback).await
    }

    async fn sends(&self, webhook_id: &str, now: Timestamp, callback: &Value) -> Answer {
        let (body, now) = (callback.to_string(), now.as_seconds());
        let signature = Webhook::new(&self.secret).unwrap().sign(webhook_id, now, body.as_bytes()).unwrap();
        let request = http()
            .post(&self.url)
            .header("content-type", "application/json")
            .header("webhook-id", webhook_id)
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", signature)
            .body(body);
        sent(request).await
    }
}

async fn sent(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.expect("the service answers")).await
}

fn complete(somebody: &Somebody, sequence: u32) -> Value {
    json!({
        "type": "lead.qualified",
        "timestamp": "2026-11-21T10:00:00Z",
        "record_id": somebody.record,
        "status": "Complete",
        "lead_id": "7",
        "sequence": sequence,
        "outcome": { "interest": "Warm", "confidence": 0.5, "summary": "Wants a price." },
    })
}
