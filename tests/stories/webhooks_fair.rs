//! Endpoints that hang, or cannot take much: what is theirs waits, and nobody else.

use std::time::Duration;

use alc_server::door::Clock as _;
use serde_json::{Value, json};

use crate::world::{Inhabited as _, Partner, Receiver, Somebody, World};

const CREATED: &[&str] = &["lead.created"];

/// Places for a workspace at once, by default.
const OF_ONE_WORKSPACE: usize = 32;

stories! {
    async fn endpoints_that_hang_keep_no_other_workspace_waiting(world: World, ALC_WEBHOOKS__TIMEOUT_MS = "600000") {
        let (one, two) = (Partner::operator(&world, "one").await, Partner::operator(&world, "two").await);
        let (hanging, healthy) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        two.subscribes(&healthy, CREATED).await;
        let people = world.people();
        ten_hang(&one, &hanging, &people[..8]).await;

        two.sends(&people[8]).await;
        healthy.has_received(1).await;
        assert_eq!(hanging.received().len(), OF_ONE_WORKSPACE);
        hanging.wakes_up();
    }

    async fn endpoints_that_hang_keep_no_other_of_their_workspace_waiting(world: World, ALC_WEBHOOKS__TIMEOUT_MS = "600000") {
        let partner = Partner::operator(&world, "acme").await;
        let (hanging, healthy) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        let people = world.people();
        ten_hang(&partner, &hanging, &people[..8]).await;

        partner.subscribes(&healthy, CREATED).await;
        partner.sends(&people[8]).await;
        // After so long they are known to be slow.
        world.clock.advance(Duration::from_millis(250));
        healthy.has_received(1).await;
        hanging.has_received(80).await;

        // From now on there is no such wait.
        partner.sends(&people[9]).await;
        healthy.has_received(2).await;
        hanging.wakes_up();
    }

    async fn an_endpoint_is_called_so_often_and_no_more(world: World, ALC_WEBHOOKS__REQUESTS_PER_SECOND = "2") {
        let partner = Partner::operator(&world, "acme").await;
        let (receiver, other) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        partner.subscribes(&receiver, CREATED).await;
        let start = world.clock.now();
        for somebody in &world.people()[..5] {
            partner.sends(somebody).await;
        }
        receiver.has_received(2).await;
        partner.subscribes(&other, CREATED).await;
        partner.sends(&world.people()[5]).await;
        other.has_received(1).await;
        world.clock.advance(Duration::from_secs(1));
        receiver.has_received(4).await;
        world.clock.advance(Duration::from_secs(1));
        receiver.has_received(6).await;

        let at: Vec<_> = receiver.received().iter().map(|told| told.at.since(start)).collect();
        assert_eq!(at, [0, 0, 1_000, 1_000, 2_000, 2_000]);
        assert_eq!(other.received()[0].at, start, "an endpoint of its own has a rate of its own");
    }

    async fn after_a_long_silence_failures_count_anew(
        world: World,
        ALC_WEBHOOKS__ATTEMPTS = "2",
        ALC_WEBHOOKS__DISABLE_AFTER_S = "3600"
    ) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        let path = format!("/api/v1/webhooks/{}", partner.subscribes(&receiver, CREATED).await);
        receiver.answers([500; 4]);
        partner.sends(&people[0]).await;
        world.settle().await;
        world.later(Duration::from_secs(10)).await;
        let first = partner.get(&path).await.expect(200)["failing_since"].clone();
        assert!(first.is_string());

        // Told nothing for days, it fails twice within seconds: that says nothing of the days between.
        world.later(Duration::from_hours(100)).await;
        partner.sends(&people[1]).await;
        world.settle().await;
        world.later(Duration::from_secs(10)).await;
        let state = partner.get(&path).await.expect(200);
        assert_eq!(receiver.received().len(), 4);
        assert_eq!((&state["enabled"], &state["disabled_at"]), (&json!(true), &Value::Null));
        assert!(state["failing_since"].as_str() > first.as_str(), "{state}");
    }
}

/// Ten webhooks of one workspace whose endpoint hangs, with more to hear than all places together.
async fn ten_hang(partner: &Partner, hanging: &Receiver, people: &[Somebody]) {
    for _ in 0..10 {
        partner.subscribes(hanging, CREATED).await;
    }
    hanging.hangs();
    for somebody in people {
        partner.sends(somebody).await;
    }
    hanging.has_received(OF_ONE_WORKSPACE).await;
}
