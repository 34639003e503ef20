//! A grant ends with more live leads than one commit holds: nobody is texted from that moment on, and each lead is cancelled and
//! announced, whatever happens in between.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use alc_tests::faults::Fault;
use serde_json::{Value, json};

use crate::world::{Inhabited as _, MortalWorld, Partner, Receiver, StoryClock, World};

const ENDINGS: &[&str] = &["lead.processed", "lead.failed"];

/// As many as a batch takes.
const BATCH: usize = 250;

stories! {
    /// A text is due for each of a hundred phones when the grant ends; nine more leads wait in line for each.
    async fn a_thousand_leads_are_called_off_and_nobody_is_texted_any_more(world: World, ALC_LIMITS__REQUESTS_PER_MINUTE = "0") {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, ENDINGS).await;
        world.sms.fail(Fault::status(503).on("POST", "/Messages.json").times(100));
        for round in 0..4 {
            send(&partner, round * BATCH..(round + 1) * BATCH, 100).await;
        }
        world.settle().await;
        assert_eq!(world.asked_of_the_gateway().count(), 100, "it turns everybody away, and is asked again in a moment");

        world.clock.advance(Duration::from_secs(30));
        partner.gives_its_access_back().await;
        let asked_before = world.asked_of_the_gateway().count();
        assert_eq!(partner.get("/api/v1/leads").await.problem(), (401, "token_invalid"));
        world.settle().await;
        world.later(Duration::from_hours(1)).await;

        let asked_after = world.asked_of_the_gateway().count() - asked_before;
        assert!(asked_after <= IN_FLIGHT, "{asked_after} people were texted for nobody, {asked_before} were before");
        assert_eq!(statuses(&Partner::operator(&world, "acme").await).await, BTreeMap::from([("cancelled".to_owned(), 1000)]));
        assert_eq!(told(&receiver), (1000, 1000));
    }

    async fn a_reply_to_a_lead_that_is_called_off_goes_unanswered(world: World) {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, ENDINGS).await;
        let ada = world.somebody();
        partner.sends(&ada).await;
        world.settle().await;

        partner.gives_its_access_back().await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;

        let [told] = receiver.received().try_into().unwrap();
        assert_eq!((told.callback.status.as_str(), told.callback.outcome), ("Cancelled", None));
        assert_eq!(world.texts_asked_for(&ada.phone), 1);
    }

    async fn a_stop_to_a_lead_that_is_called_off_is_a_stop(world: World) {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        let ada = world.somebody();
        partner.sends(&ada).await;
        world.settle().await;
        partner.gives_its_access_back().await;
        world.sms.reply(&ada.phone, "STOP").await.unwrap();
        world.settle().await;

        let operator = Partner::operator(&world, "acme").await;
        let again = operator.sends(&ada).await;
        world.settle().await;
        assert_eq!(operator.lead(&again).await["outcome"]["interest"], "Opted out");
        assert_eq!(world.texts_asked_for(&ada.phone), 1);
    }

    /// The grant lives on when its last webhook goes: what is sent later is meant.
    async fn leads_sent_after_the_last_webhook_went_are_texted(world: World) {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        let receiver = Receiver::start(&world.clock).await;
        let (people, webhook) = (world.people(), partner.subscribes(&receiver, ENDINGS).await);
        let before = partner.sends(&people[0]).await;
        world.settle().await;
        partner.delete(&format!("/api/v1/webhooks/{webhook}")).await.expect(204);
        let after = partner.sends(&people[1]).await;
        world.settle().await;

        assert_eq!(partner.lead(&before).await["status"], "cancelled");
        assert_eq!(partner.lead(&after).await["status"], "contacted");
    }

    /// The operator's webhook hears a whole workspace; with its token gone it hears of its own leads' end and nothing else.
    async fn the_operators_webhook_hears_nothing_of_others_once_its_token_is_revoked(world: World) {
        let operator = Partner::operator(&world, "acme").await;
        let member = Partner::connected(&world, &world.member("acme").await).await;
        let receiver = Receiver::start(&world.clock).await;
        operator.subscribes(&receiver, &["lead.created", "lead.failed"]).await;
        let people = world.people();
        let lead = operator.sends(&people[0]).await;
        world.settle().await;
        let grants = world.operator().grants(None).await.unwrap();
        let grant = grants.iter().find(|grant| grant.client.is_none()).expect("the operator has a token");

        world.operator().revoke_grant(grant.id.as_str()).await.unwrap();
        member.sends(&people[1]).await;
        world.settle().await;

        let heard: Vec<_> = receiver.received().into_iter().map(|told| (told.callback.event, told.callback.lead_id)).collect();
        assert_eq!(heard, [("lead.created".to_owned(), lead.clone()), ("lead.failed".to_owned(), lead)]);
    }

    async fn a_client_goes_with_all_its_grants(world: World) {
        let member = world.member("acme").await;
        let (one, two) = (Partner::connected(&world, &member).await, Partner::connected(&world, &member).await);
        let receiver = Receiver::start(&world.clock).await;
        one.subscribes(&receiver, ENDINGS).await;
        let people = world.people();
        one.sends(&people[0]).await;
        let other = two.sends(&people[1]).await;
        world.settle().await;

        assert_eq!(world.operator().delete_client(one.client_id()).await.unwrap(), 1);
        assert_eq!(one.get("/api/v1/leads").await.problem(), (401, "token_invalid"));
        world.settle().await;

        assert_eq!(told(&receiver), (1, 1));
        assert_eq!(two.lead(&other).await["status"], "contacted");
    }

    async fn the_service_dies_between_two_hundreds(world: MortalWorld, ALC_FAIL_POINT = "LeadsCalledOff") {
        let clock = StoryClock::start();
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&clock).await;
        partner.subscribes(&receiver, ENDINGS).await;
        let sent = send(&partner, 0..BATCH, BATCH).await;
        let grants = world.operator().grants(None).await.unwrap();

        world.operator().revoke_grant(grants[0].id.as_str()).await.unwrap();
        world.crashes_and_comes_back().await;
        world.settle().await;

        let operator = Partner::operator(&world, "acme").await;
        assert_eq!(statuses(&operator).await, BTreeMap::from([("cancelled".to_owned(), BATCH)]));
        assert_eq!(told(&receiver).0, BATCH, "each at least once");
        assert_eq!(world.dead_letters().await, [""; 0]);
        for phone in sent {
            assert!(world.texts_to(&phone).len() <= 1, "{phone} was texted twice");
        }
    }
}

/// Texts that may be on their way to the gateway at one moment.
const IN_FLIGHT: usize = 8;

/// Sends these leads in one batch, to so many phones by turns; returns the phones.
async fn send(partner: &Partner, leads: Range<usize>, phones: usize) -> Vec<String> {
    let phone = |number: usize| format!("+447400{:06}", 100_000 + number % phones);
    let draft = |number| json!({ "recordId": format!("rec_{number}"), "name": "Ada", "phoneNumber": phone(number) });
    let drafts: Vec<Value> = leads.clone().map(draft).collect();
    let answer = partner.post("/api/v1/leads/batch", &json!({ "leads": drafts })).await.expect(200);
    let results = answer["data"].as_array().expect("a list is under `data`");
    assert!(results.iter().all(|result| result["created"] == true), "{answer}");
    leads.map(phone).collect()
}

/// How many leads of the workspace have each status.
async fn statuses(operator: &Partner) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let mut path = "/api/v1/leads?limit=100".to_owned();
    loop {
        let page = operator.get(&path).await.expect(200);
        for lead in page["data"].as_array().expect("a list is under `data`") {
            *counts.entry(lead["status"].as_str().expect("a lead has a status").to_owned()).or_default() += 1;
        }
        let Some(cursor) = page["next_cursor"].as_str() else { return counts };
        path = format!("/api/v1/leads?limit=100&cursor={cursor}");
    }
}

/// Of how many leads the receiver heard that they are cancelled, and how often.
fn told(receiver: &Receiver) -> (usize, usize) {
    let received = receiver.received();
    assert!(received.iter().all(|told| told.callback.status.as_str() == "Cancelled"), "{:?}", receiver.heard());
    let mut leads: Vec<_> = received.iter().map(|told| &told.callback.lead_id).collect();
    leads.sort();
    leads.dedup();
    (leads.len(), received.len())
}
