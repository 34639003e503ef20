//! Endpoints that fail: given the time they ask for, left alone when they are no use, and told what they missed when they are back.

use std::time::Duration;

use alc_core::time::Timestamp;
use alc_server::app::rfc3339;
use alc_server::door::Clock as _;
use serde_json::{Value, json};

use crate::world::{Inhabited as _, Partner, Receiver, World};

const CREATED: &[&str] = &["lead.created"];
const DISABLED: &[&str] = &["webhook.disabled"];
const TEN_MINUTES: Duration = Duration::from_mins(10);

stories! {
    async fn an_endpoint_that_asks_for_time_gets_it(world: World, ALC_WEBHOOKS__LONGEST_RETRY_MS = "600000") {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, CREATED).await;
        receiver.asks_to_wait(503, "120");
        partner.sends(&world.somebody()).await;
        world.settle().await;
        world.later(Duration::from_secs(119)).await;
        assert_eq!(receiver.received().len(), 1);

        // In a date there are no milliseconds.
        receiver.asks_to_wait(429, &http_date(world.clock.now().plus_millis(61_000)));
        world.later(Duration::from_secs(1)).await;
        assert_eq!(receiver.received().len(), 2);
        world.later(Duration::from_secs(59)).await;
        assert_eq!(receiver.received().len(), 2);

        // A month is more than anybody gets, and no other answer says when to come back.
        receiver.asks_to_wait(503, "2592000");
        receiver.asks_to_wait(500, "300");
        world.later(Duration::from_secs(2)).await;
        assert_eq!(receiver.received().len(), 3);
        world.later(TEN_MINUTES).await;
        assert_eq!(receiver.received().len(), 4);
        world.later(Duration::from_secs(10)).await;
        let answered: Vec<_> = receiver.received().iter().filter_map(|told| told.answered).collect();
        assert_eq!(answered, [503, 429, 503, 500, 200]);
    }

    async fn an_endpoint_that_is_gone_is_disabled_and_who_wishes_to_know_is_told(world: World) {
        let member = world.member("acme").await;
        let (one, two) = (Partner::connected(&world, &member).await, Partner::connected(&world, &member).await);
        let operator = Partner::operator(&world, "acme").await;
        let gone = Receiver::start(&world.clock).await;
        let (of_one, of_two) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        let of_operator = Receiver::start(&world.clock).await;
        let webhook = one.subscribes(&gone, &["lead.created", "webhook.disabled"]).await;
        one.subscribes(&of_one, DISABLED).await;
        two.subscribes(&of_two, DISABLED).await;
        operator.subscribes(&of_operator, DISABLED).await;
        gone.answers([410]);
        one.sends(&world.somebody()).await;
        world.settle().await;

        let path = format!("/api/v1/webhooks/{webhook}");
        let state = one.get(&path).await.expect(200);
        assert_eq!((&state["enabled"], &state["disabled_reason"]), (&json!(false), &json!("gone")));
        assert!(state["disabled_at"].is_string());
        for receiver in [&of_one, &of_operator] {
            let [told] = receiver.notices().try_into().unwrap();
            assert_eq!((&told.body["type"], &told.body["reason"]), (&json!("webhook.disabled"), &json!("gone")));
            assert_eq!(told.body["webhook_id"], webhook);
        }
        assert!(of_two.notices().is_empty(), "another grant's webhooks are none of its business");
        assert!(gone.notices().is_empty());
    }

    async fn what_a_disabled_webhook_missed_can_be_replayed_when_it_is_back(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, CREATED).await;
        let path = format!("/api/v1/webhooks/{webhook}");
        let since = rfc3339(world.clock.now());
        receiver.answers([410]);
        let mut leads = Vec::new();
        for somebody in &people[..3] {
            leads.push(partner.sends(somebody).await);
            world.later(Duration::from_secs(1)).await;
        }
        assert_eq!(receiver.received().len(), 1, "one says enough");
        let log = partner.get(&format!("{path}/deliveries")).await.expect(200);
        let log: Vec<_> = log["data"].as_array().unwrap().iter().map(|one| (&one["state"], &one["attempts"])).collect();
        assert_eq!(log, [(&json!("failed"), &json!(0)), (&json!("failed"), &json!(0)), (&json!("failed"), &json!(1))]);

        partner.patch(&path, &json!({ "enabled": true })).await.expect(200);
        let replay = json!({ "since": since, "state": "failed" });
        assert_eq!(partner.post(&format!("{path}/replay"), &replay).await.expect(202)["replayed"], 3);
        world.settle().await;
        let mut heard: Vec<_> = receiver.received().into_iter().skip(1).map(|told| told.callback.lead_id).collect();
        heard.sort();
        assert_eq!(heard, leads);
    }

    async fn an_endpoint_that_fails_for_too_long_is_disabled(
        world: World,
        ALC_WEBHOOKS__ATTEMPTS = "100",
        ALC_WEBHOOKS__LONGEST_RETRY_MS = "600000",
        ALC_WEBHOOKS__DISABLE_AFTER_S = "3600"
    ) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let (failing, watching) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        let webhook = partner.subscribes(&failing, CREATED).await;
        partner.subscribes(&watching, DISABLED).await;
        let path = format!("/api/v1/webhooks/{webhook}");
        failing.answers([500; 1_000]);
        partner.sends(&people[0]).await;
        world.settle().await;
        let since = partner.get(&path).await.expect(200)["failing_since"].clone();
        assert!(since.is_string());
        for _ in 0..5 {
            world.later(TEN_MINUTES).await;
        }
        let state = partner.get(&path).await.expect(200);
        assert_eq!((&state["enabled"], &state["failing_since"]), (&json!(true), &since));

        for _ in 0..3 {
            world.later(TEN_MINUTES).await;
        }
        let state = partner.get(&path).await.expect(200);
        assert_eq!((&state["enabled"], &state["disabled_reason"]), (&json!(false), &json!("failing")));
        let [told] = watching.notices().try_into().unwrap();
        assert_eq!((&told.body["webhook_id"], &told.body["reason"]), (&json!(webhook), &json!("failing")));

        let tries = failing.received().len();
        partner.sends(&people[1]).await;
        world.later(Duration::from_hours(24)).await;
        assert_eq!(failing.received().len(), tries, "it is left alone");
        let state = partner.patch(&path, &json!({ "enabled": true })).await.expect(200);
        assert_eq!(state["failing_since"], Value::Null, "it begins anew");
    }

    async fn an_endpoint_that_works_now_and_then_is_not_disabled(
        world: World,
        ALC_WEBHOOKS__ATTEMPTS = "2",
        ALC_WEBHOOKS__DISABLE_AFTER_S = "3600"
    ) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let path = format!("/api/v1/webhooks/{}", partner.subscribes(&receiver, CREATED).await);
        receiver.answers([500, 500, 500, 200]);
        partner.sends(&people[0]).await;
        world.settle().await;
        world.later(Duration::from_secs(10)).await;
        assert!(partner.get(&path).await.expect(200)["failing_since"].is_string());

        // Nothing happens for long; then one failure, which may be an accident.
        world.later(Duration::from_hours(2)).await;
        partner.sends(&people[1]).await;
        world.settle().await;
        assert_eq!(partner.get(&path).await.expect(200)["enabled"], true);
        world.later(Duration::from_secs(10)).await;
        let state = partner.get(&path).await.expect(200);
        assert_eq!((&state["enabled"], &state["failing_since"]), (&json!(true), &Value::Null));
        assert_eq!(receiver.received().len(), 4);
    }
}

/// As RFC 9110 has servers write it.
fn http_date(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).expect("stories happen in our time");
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
