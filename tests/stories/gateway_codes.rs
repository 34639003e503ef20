//! Why a text did not arrive: the gateway's codes, in words that people and programs understand; and what comes in besides text.

use serde_json::{Value, json};

use crate::world::{Inbound, Inhabited as _, Partner, World};

stories! {
    async fn a_refusal_is_told_by_its_cause(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        for (somebody, (code, cause)) in people.iter().zip([(21_614, "landline"), (21_211, "number_invalid"), (21_408, "region_not_allowed")]) {
            world.sms.refuse(&somebody.phone, code);
            let lead = partner.sends(somebody).await;
            world.settle().await;
            let lead = partner.lead(&lead).await;
            assert_eq!((&lead["status"], &lead["outcome"]["interest"]), (&json!("complete"), &json!("Unreachable")));
            assert!(lead["outcome"]["summary"].as_str().unwrap().ends_with(&format!("({cause})")), "{lead}");
            assert_eq!(trouble(&lead), (json!(code.to_string()), json!(cause)));
        }
    }

    async fn a_report_is_told_by_its_cause(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        world.sms.mute_callbacks(true);
        for (somebody, (code, cause)) in people.iter().zip([
            ("30003", "handset_unreachable"), ("30005", "number_unknown"), ("30006", "landline"), ("30007", "carrier_filtered"),
            ("30034", "carrier_filtered"), ("30001", "queue_overflow"), ("30002", "account_suspended"), ("30999", "unknown"),
        ]) {
            let lead = partner.sends(somebody).await;
            world.settle().await;
            world.gateway_reports(&somebody.phone, "undelivered", Some(code)).await.expect(204);
            world.settle().await;
            let lead = partner.lead(&lead).await;
            assert_eq!(lead["outcome"]["interest"], "Unreachable");
            assert!(lead["outcome"]["summary"].as_str().unwrap().ends_with(&format!("({cause})")), "{lead}");
            assert_eq!(trouble(&lead), (json!(code), json!(cause)));
        }
    }

    async fn blocked_at_the_gateway_is_an_opt_out(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.mute_callbacks(true);
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.gateway_reports(&ada.phone, "failed", Some("21610")).await.expect(204);
        world.settle().await;
        let lead = partner.lead(&lead).await;
        assert_eq!((&lead["outcome"]["interest"], trouble(&lead).1), (&json!("Opted out"), json!("opted_out")));
    }

    async fn what_arrived_has_no_cause(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        assert_eq!(trouble(&partner.lead(&lead).await), (Value::Null, Value::Null));
    }

    async fn pictures_are_noted_and_never_fetched(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        let before = world.sms.requests().len();
        let silent = Inbound { sid: "MM000000000000000000000000000000a1", from: &ada.phone, body: "" };
        world.gateway_brings_pictures(&silent, 1).await.expect(200);
        world.settle().await;
        let spoken = Inbound { sid: "MM000000000000000000000000000000a2", from: &ada.phone, body: "yes, call me tomorrow" };
        world.gateway_brings_pictures(&spoken, 2).await.expect(200);
        world.settle().await;

        let lead = partner.lead(&lead).await;
        assert_eq!(lead["outcome"]["interest"], "Hot", "the words count: {lead}");
        let heard: Vec<_> = lead["conversation"]["messages"].as_array().unwrap().iter().filter(|one| one["direction"] == "in").map(|one| one["body"].clone()).collect();
        assert_eq!(heard, ["[picture]", "yes, call me tomorrow [2 pictures]"]);
        assert!(world.sms.requests()[before..].iter().all(|request| !request.path.starts_with("/media")));
    }

    async fn a_stop_with_a_picture_is_a_stop(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        let stop = Inbound { sid: "MM000000000000000000000000000000a3", from: &ada.phone, body: "STOP" };
        world.gateway_brings_pictures(&stop, 1).await.expect(200);
        world.settle().await;
        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Opted out");
    }
}

/// What is noted of the lead's first text.
fn trouble(lead: &Value) -> (Value, Value) {
    let first = &lead["conversation"]["messages"][0];
    (first["errorCode"].clone(), first["cause"].clone())
}
