//! What nobody needs any more is deleted in its time; what a live lead, an unfinished delivery or a dead letter needs stays.

use std::time::Duration;

use serde_json::json;

use crate::world::{Inbound, Inhabited as _, Partner, Receiver, World};

const DAY: Duration = Duration::from_hours(24);

stories! {
    async fn deliveries_go_with_their_tries_and_events(world: World, ALC_RETENTION__SLICE_ROWS = "2") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, &["lead.created"]).await;
        for somebody in &people[..5] {
            let lead = partner.sends(somebody).await;
            partner.press(&format!("/api/v1/leads/{lead}/cancel")).await.expect(200);
        }
        world.settle().await;
        let log = format!("/api/v1/webhooks/{webhook}/deliveries");
        let delivery = partner.get(&log).await.expect(200)["data"][0]["delivery_id"].as_str().unwrap().to_owned();
        assert_eq!(count(&world, "attempts").await, 5);

        world.later(29 * DAY).await;
        assert_eq!(count(&world, "attempts").await, 5);
        world.later(2 * DAY).await;
        assert_eq!((count(&world, "attempts").await, count(&world, "deliveries").await), (0, 5));
        let shown = partner.get(&format!("{log}/{delivery}")).await.expect(200);
        assert_eq!((&shown["state"], &shown["attempts"], &shown["attempt_log"]), (&json!("delivered"), &json!(1), &json!([])));

        world.later(60 * DAY).await;
        assert_eq!((count(&world, "deliveries").await, count(&world, "events").await), (0, 0));
        assert_eq!(partner.get(&log).await.expect(200)["data"], json!([]));
    }

    async fn a_dead_letter_keeps_what_it_needs(world: World, ALC_WEBHOOKS__ATTEMPTS = "1", ALC_RETENTION__SLICE_ROWS = "1") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.created"]).await;
        receiver.answers([500]);
        for somebody in &people[..3] {
            let lead = partner.sends(somebody).await;
            partner.press(&format!("/api/v1/leads/{lead}/cancel")).await.expect(200);
            world.settle().await;
        }
        world.later(200 * DAY).await;
        assert_eq!((count(&world, "attempts").await, count(&world, "deliveries").await), (1, 1));
        assert_eq!(count(&world, "events").await, 1);

        let letters = world.alc_json(&["dead-letters", "list"]).await;
        world.alc_json(&["dead-letters", "replay", letters[0]["job_id"].as_str().unwrap()]).await;
        world.settle().await;
        assert_eq!(receiver.received().len(), 4);
        world.later(200 * DAY).await;
        assert_eq!((count(&world, "attempts").await, count(&world, "deliveries").await), (0, 0));
        assert_eq!(count(&world, "events").await, 0);
    }

    async fn an_unfinished_delivery_and_a_live_lead_keep_what_they_need(
        world: World, ALC_WEBHOOKS__FIRST_RETRY_MS = "17280000000", ALC_WEBHOOKS__LONGEST_RETRY_MS = "17280000000",
        ALC_WEBHOOKS__DISABLE_AFTER_S = "1000000000", ALC_CONVERSATION__SILENCE_S = "100000000", ALC_CONVERSATION__LAST_DEADLINE_S = "100000000"
    ) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.created"]).await;
        // The first waits for 100 to 200 days; the second is delivered, and goes on being live.
        receiver.answers([500]);
        partner.sends(&people[0]).await;
        world.settle().await;
        let live = partner.sends(&people[1]).await;
        world.settle().await;

        world.later(95 * DAY).await;
        assert_eq!((count(&world, "attempts").await, count(&world, "deliveries").await), (1, 1));
        assert_eq!(count(&world, "events").await, 4, "created and contacted, of both");
        world.later(110 * DAY).await;
        assert_eq!(receiver.received().len(), 3);
        assert_eq!(partner.lead(&live).await["status"], "contacted");
        world.sms.reply(&people[1].phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;
        assert_eq!(partner.lead(&live).await["outcome"]["interest"], "Hot");
    }

    async fn what_has_expired_goes(world: World, ALC_RETENTION__SLICE_ROWS = "1") {
        let member = world.member("acme").await;
        let (one, two) = (Partner::connected(&world, &member).await, Partner::connected(&world, &member).await);
        for partner in [&one, &two] {
            let draft = json!({ "recordId": "rec_1", "name": "Ada", "phoneNumber": "+447400123456" });
            let keyed = partner.request(reqwest::Method::POST, "/api/v1/leads").header("Idempotency-Key", "once").json(&draft);
            assert_eq!(keyed.send().await.unwrap().status(), 201);
        }
        for sid in ["SM1", "SM2"] {
            let stray = Inbound { sid, from: "+447400999999", body: "hm" };
            world.gateway_brings(&stray).await.expect(200);
        }
        world.settle().await;
        let tables = ["sessions", "authorization_codes", "idempotency_keys", "tokens", "stray_messages"];
        for table in tables {
            assert!(count(&world, table).await >= 2, "{table}");
        }
        assert!(world.keeps_sms("SM1").await);
        world.later(2 * DAY).await;
        for table in ["sessions", "authorization_codes", "idempotency_keys", "login_failures"] {
            assert_eq!(count(&world, table).await, 0, "{table}");
        }
        assert_eq!(count(&world, "tokens").await, 2, "of each a refresh token");
        world.later(92 * DAY).await;
        for table in tables {
            assert_eq!(count(&world, table).await, 0, "{table}");
        }
    }

    async fn the_audit_log_is_kept_for_a_year_and_more(world: World, ALC_RETENTION__SLICE_ROWS = "1") {
        let partner = Partner::operator(&world, "acme").await;
        for _ in 0..3 {
            partner.get("/api/v1/webhooks").await.expect(200);
            world.operator().create_client("Partner", vec!["https://example.com/callback".to_owned()], false).await.unwrap();
        }
        world.later(399 * DAY).await;
        let rows = world.alc_json(&["audit", "list"]).await;
        assert_eq!(rows.as_array().unwrap().len(), 4, "{rows}");
        world.operator().create_client("Partner", vec!["https://example.com/callback".to_owned()], false).await.unwrap();
        world.later(2 * DAY).await;
        let rows = world.alc_json(&["audit", "list"]).await;
        assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    }
}

async fn count(world: &World, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    let counted = world.store.read(async move |tx| tx.one(&sql, &[], |row| row.int(0)).await);
    counted.await.expect("the store answers").expect("a count is a row")
}
