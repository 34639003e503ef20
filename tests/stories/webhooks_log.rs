//! The log of a webhook's deliveries, and having them made again. What the log says, the receiver has seen.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Inhabited as _, Partner, Receiver, World};

const CREATED: &[&str] = &["lead.created"];

stories! {
    async fn the_log_says_what_became_of_each_delivery(world: World, ALC_WEBHOOKS__ATTEMPTS = "3") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        receiver.says(500, "canary: the cupboard is bare");
        partner.sends(&people[0]).await;
        world.settle().await;

        let [waiting] = log(&partner, &webhook, "").await.try_into().unwrap();
        assert_eq!((&waiting["state"], &waiting["attempts"]), (&json!("pending"), &json!(1)));
        assert_eq!((&waiting["type"], &waiting["ended_at"]), (&json!("lead.created"), &Value::Null));
        assert!(waiting["next_attempt_at"].as_str() > waiting["created_at"].as_str(), "{waiting}");

        world.later(Duration::from_secs(10)).await;
        receiver.answers([503; 3]);
        partner.sends(&people[1]).await;
        world.settle().await;
        for _ in 0..3 {
            world.later(Duration::from_secs(10)).await;
        }
        let [failed, delivered] = log(&partner, &webhook, "").await.try_into().unwrap();
        assert_eq!((&delivered["state"], &delivered["attempts"]), (&json!("delivered"), &json!(2)));
        assert_eq!((&failed["state"], &failed["attempts"]), (&json!("failed"), &json!(3)));
        assert!(failed["ended_at"].is_string() && failed["next_attempt_at"].is_null(), "{failed}");
        assert_eq!(delivered["event_id"], receiver.received()[0].id);

        let path = format!("/api/v1/webhooks/{webhook}/deliveries/{}", delivered["delivery_id"].as_str().unwrap());
        let shown = partner.get(&path).await.expect(200);
        let tries = shown["attempt_log"].as_array().unwrap();
        let statuses: Vec<_> = tries.iter().map(|attempt| attempt["status"].clone()).collect();
        assert_eq!(statuses, [json!(500), json!(200)]);
        assert_eq!(tries[0]["response_excerpt"], "canary: the cupboard is bare");
        assert_eq!(tries[1]["response_excerpt"], Value::Null);
        assert!(tries.iter().all(|attempt| attempt["latency_ms"].is_i64() && attempt["at"].is_string()), "{shown}");
    }

    async fn an_endpoint_that_does_not_answer_is_in_the_log_with_the_cause(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        drop(receiver);
        partner.sends(&world.somebody()).await;
        world.settle().await;

        let [waiting] = log(&partner, &webhook, "").await.try_into().unwrap();
        let path = format!("/api/v1/webhooks/{webhook}/deliveries/{}", waiting["delivery_id"].as_str().unwrap());
        let shown = partner.get(&path).await.expect(200);
        let attempt = &shown["attempt_log"][0];
        assert_eq!(attempt["status"], Value::Null);
        assert!(attempt["error"].as_str().unwrap().contains("no connection"), "{attempt}");
    }

    async fn of_a_long_answer_a_little_is_kept(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        // A character of three bytes lies across the end of the first kibibyte.
        receiver.says(200, &format!("{}€{}", "x".repeat(1_022), "y".repeat(1 << 20)));
        partner.sends(&world.somebody()).await;
        world.settle().await;

        let [delivered] = log(&partner, &webhook, "").await.try_into().unwrap();
        let path = format!("/api/v1/webhooks/{webhook}/deliveries/{}", delivered["delivery_id"].as_str().unwrap());
        let shown = partner.get(&path).await.expect(200);
        assert_eq!(shown["attempt_log"][0]["response_excerpt"], "x".repeat(1_022));
    }

    async fn the_log_is_read_in_pages_and_by_state(world: World, ALC_WEBHOOKS__ATTEMPTS = "1") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        receiver.answers([200, 500, 200, 200, 500]);
        for somebody in &people[..5] {
            partner.sends(somebody).await;
            world.settle().await;
        }

        let all = log(&partner, &webhook, "").await;
        let states: Vec<_> = all.iter().map(|delivery| delivery["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["failed", "delivered", "delivered", "failed", "delivered"], "newest first");
        assert_eq!(log(&partner, &webhook, "?state=failed").await, [all[0].clone(), all[3].clone()]);

        let path = format!("/api/v1/webhooks/{webhook}/deliveries");
        let (mut pages, mut query) = (Vec::new(), "?limit=2".to_owned());
        loop {
            let page = partner.get(&format!("{path}{query}")).await.expect(200);
            pages.push(page["data"].as_array().unwrap().clone());
            let Some(next) = page["next_cursor"].as_str() else { break };
            query = format!("?limit=2&cursor={next}");
        }
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(pages.concat(), all);
        for (query, code) in [
            ("?limit=0", "invalid_limit"),
            ("?limit=x", "invalid_limit"),
            ("?state=lost", "invalid_state"),
            ("?cursor=evt_1", "invalid_cursor"),
            ("?cursor=dlv_%00", "invalid_cursor"),
            ("?page=2", "unknown_parameter"),
        ] {
            assert_eq!(partner.get(&format!("{path}{query}")).await.problem(), (400, code), "{query}");
        }
    }

    async fn one_delivery_is_made_again_under_the_same_id(world: World, ALC_WEBHOOKS__ATTEMPTS = "1") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        receiver.answers([500, 200]);
        for somebody in &people[..2] {
            partner.sends(somebody).await;
            world.settle().await;
        }
        for delivery in log(&partner, &webhook, "").await {
            let path = format!("/api/v1/webhooks/{webhook}/deliveries/{}", delivery["delivery_id"].as_str().unwrap());
            partner.press(&format!("{path}/replay")).await.expect(202);
            world.settle().await;
            let shown = partner.get(&path).await.expect(200);
            assert_eq!((&shown["state"], &shown["attempts"]), (&json!("delivered"), &json!(2)));
        }

        let ids: Vec<_> = receiver.received().into_iter().map(|told| told.id).collect();
        assert_eq!((ids.len(), &ids[2], &ids[3]), (4, &ids[1], &ids[0]), "replayed newest first");
        let dead = world.dead_letters().await;
        assert!(dead.is_empty(), "what was delivered after all is no dead letter: {dead:?}");
    }

    async fn a_delivery_that_waits_for_its_next_try_gets_it_now(world: World, ALC_WEBHOOKS__FIRST_RETRY_MS = "3600000",
                                                               ALC_WEBHOOKS__LONGEST_RETRY_MS = "3600000") {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        receiver.answers([503]);
        partner.sends(&world.somebody()).await;
        world.settle().await;
        assert_eq!(receiver.received().len(), 1);

        let [waiting] = log(&partner, &webhook, "").await.try_into().unwrap();
        let path = format!("/api/v1/webhooks/{webhook}/deliveries/{}", waiting["delivery_id"].as_str().unwrap());
        partner.press(&format!("{path}/replay")).await.expect(202);
        world.settle().await;
        assert_eq!(receiver.received().len(), 2);
        assert_eq!(partner.get(&path).await.expect(200)["state"], "delivered");
        world.later(Duration::from_hours(2)).await;
        assert_eq!(receiver.received().len(), 2, "once is enough");
    }

    async fn after_an_outage_everything_since_then_is_told_again_in_order(world: World, ALC_WEBHOOKS__ATTEMPTS = "1") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, &["lead.created", "lead.contacted"]).await;
        partner.sends(&people[0]).await;
        world.settle().await;
        world.later(Duration::from_mins(1)).await;
        let since = now(&world);
        receiver.answers([500, 500, 500, 200, 500, 500]);
        for somebody in &people[1..4] {
            partner.sends(somebody).await;
            world.later(Duration::from_secs(1)).await;
        }
        let told = receiver.received();
        assert_eq!(told.len(), 8);

        let path = format!("/api/v1/webhooks/{webhook}/replay");
        let answer = partner.post(&path, &json!({ "since": since, "state": "failed" })).await.expect(202);
        assert_eq!(answer, json!({ "replayed": 5, "next_cursor": null }));
        world.settle().await;
        let again: Vec<_> = receiver.received().into_iter().skip(8).map(|told| (told.callback.lead_id, told.id)).collect();
        let lost = [2, 3, 4, 6, 7].map(|place| (told[place].callback.lead_id.clone(), told[place].id.clone()));
        // Leads do not wait for each other; of each lead everything comes in order.
        for (lead, _) in &lost {
            let of = |list: &[(String, String)]| -> Vec<_> { list.iter().filter(|(of, _)| of == lead).cloned().collect() };
            assert_eq!(of(&again), of(&lost));
        }
        assert_eq!(again.len(), lost.len());

        let answer = partner.post(&path, &json!({ "since": since, "state": "failed" })).await.expect(202);
        assert_eq!(answer["replayed"], 0, "all were heard");
        let answer = partner.post(&path, &json!({ "since": since })).await.expect(202);
        assert_eq!(answer["replayed"], 6, "and what was heard, when it is asked for");
        world.settle().await;
        assert_eq!(receiver.received().len(), 8 + 5 + 6);
    }

    /// All of them made within one millisecond.
    async fn a_replay_of_many_goes_on_where_it_stopped(world: World, ALC_WEBHOOKS__REPLAYED_AT_MOST = "2") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        let since = now(&world);
        for somebody in &people[..5] {
            partner.sends(somebody).await;
        }
        world.settle().await;
        let told: Vec<_> = receiver.received().into_iter().map(|told| told.id).collect();

        let (mut parts, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let request = json!({ "since": since, "cursor": cursor });
            let part = partner.post(&format!("/api/v1/webhooks/{webhook}/replay"), &request).await.expect(202);
            parts.push(part["replayed"].clone());
            cursor = part["next_cursor"].clone();
            world.settle().await;
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(parts, [2, 2, 1]);
        let again: Vec<_> = receiver.received().into_iter().skip(5).map(|told| told.id).collect();
        let sorted = |mut ids: Vec<String>| { ids.sort(); ids };
        assert_eq!(sorted(again), sorted(told), "each once more");
    }

    async fn a_replay_that_cannot_be_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        partner.sends(&world.somebody()).await;
        world.settle().await;
        let path = format!("/api/v1/webhooks/{webhook}");
        for (body, code) in [
            (json!({}), "invalid_body"),
            (json!({ "since": "yesterday" }), "invalid_since"),
            (json!({ "since": 0 }), "invalid_body"),
            (json!({ "since": now(&world), "state": "pending" }), "invalid_body"),
            (json!({ "since": now(&world), "until": now(&world) }), "invalid_body"),
        ] {
            assert_eq!(partner.post(&format!("{path}/replay"), &body).await.problem(), (422, code), "{body}");
        }
        let no_cursor = json!({ "since": now(&world), "cursor": "evt_1" });
        assert_eq!(partner.post(&format!("{path}/replay"), &no_cursor).await.problem(), (400, "invalid_cursor"));
        let nothing = format!("{path}/deliveries/dlv_00000000000000000000000000000000");
        assert_eq!(partner.get(&nothing).await.problem(), (404, "not_found"));
        assert_eq!(partner.press(&format!("{nothing}/replay")).await.problem(), (404, "not_found"));

        partner.patch(&path, &json!({ "enabled": false })).await.expect(200);
        let [delivered] = log(&partner, &webhook, "").await.try_into().unwrap();
        let one = format!("{path}/deliveries/{}/replay", delivered["delivery_id"].as_str().unwrap());
        assert_eq!(partner.press(&one).await.problem(), (409, "webhook_disabled"));
        let all = partner.post(&format!("{path}/replay"), &json!({ "since": now(&world) })).await;
        assert_eq!(all.problem(), (409, "webhook_disabled"));
        assert_eq!(receiver.received().len(), 1);
    }
}

/// The newest deliveries.
async fn log(partner: &Partner, webhook: &str, query: &str) -> Vec<Value> {
    let log = partner.get(&format!("/api/v1/webhooks/{webhook}/deliveries{query}")).await.expect(200);
    log["data"].as_array().expect("a list is under `data`").clone()
}

fn now(world: &World) -> String {
    use alc_server::door::Clock as _;

    alc_server::app::rfc3339(world.clock.now())
}
