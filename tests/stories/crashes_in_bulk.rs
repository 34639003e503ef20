//! The service is killed in the middle of very many deliveries.

use std::collections::{HashMap, HashSet};

use alc_server::store::deliveries::DeliveryState;
use alc_server::store::delivery_log::LogPage;
use serde_json::{Value, json};

use crate::world::{Inhabited as _, MortalWorld, Partner, Receiver, StoryClock};

const WEBHOOKS: usize = 40;
const LEADS: usize = 250;
const ALL: usize = WEBHOOKS * LEADS;

/// Which webhook a callback is for; an event goes to all of them under one id.
const MARK: &str = "x-story-webhook";

stories! {
    async fn nothing_is_lost_and_only_what_was_not_recorded_comes_twice(world: MortalWorld, ALC_WEBHOOKS__MOST_PER_GRANT = "40") {
        let partner = Partner::operator(&world, "acme").await;
        // Its time is the real one, as long as the story takes.
        let receiver = Receiver::start(&StoryClock::start()).await;
        let mut webhooks = Vec::new();
        for number in 0..WEBHOOKS {
            let draft = json!({
                "name": "story", "url": receiver.url(), "event": "lead.created", "headers": { MARK: number.to_string() },
            });
            let made = partner.post("/api/v1/webhooks", &draft).await.expect(201);
            receiver.trusts(made["secret"].as_str().unwrap());
            webhooks.push(made["webhook_id"].as_str().unwrap().to_owned());
        }
        let phone = world.somebody().phone;
        let lead = |number: usize| json!({ "recordId": format!("rec_{number}"), "name": "Ada", "phoneNumber": phone });
        let leads: Vec<Value> = (0..LEADS).map(lead).collect();
        for batch in leads.chunks(25) {
            partner.post("/api/v1/leads/batch", &json!({ "leads": batch })).await.expect(200);
        }
        receiver.has_received(ALL / 4).await;
        world.is_killed().await;
        let recorded = recorded(&world, &webhooks).await;
        assert!((1..ALL).contains(&recorded.len()), "killed in the middle: {}", recorded.len());
        world.comes_back().await;
        receiver.has_received_of(ALL, |told| (told.letter.header(MARK).to_owned(), told.id.clone())).await;
        world.settle().await;

        let mut times: HashMap<(String, String), usize> = HashMap::new();
        for told in receiver.received() {
            *times.entry((told.letter.header(MARK).to_owned(), told.id)).or_default() += 1;
        }
        assert_eq!(times.len(), ALL, "none is lost");
        for (delivery, times) in &times {
            let twice_at_most = if recorded.contains(delivery) { 1 } else { 2 };
            assert!(*times <= twice_at_most, "{delivery:?} came {times} times");
        }
        for webhook in &webhooks {
            let pending = partner.get(&format!("/api/v1/webhooks/{webhook}/deliveries?state=pending")).await.expect(200);
            assert_eq!(pending["data"], json!([]));
        }
        assert_eq!(world.dead_letters().await, [""; 0]);
    }
}

/// What is written down as delivered, as its receiver knows it.
async fn recorded(world: &MortalWorld, webhooks: &[String]) -> HashSet<(String, String)> {
    let store = world.operator().store;
    let workspace = store.read(async |tx| tx.workspace_named("acme").await).await.unwrap().unwrap().id;
    let mut recorded = HashSet::new();
    for (number, webhook) in webhooks.iter().enumerate() {
        let (workspace, webhook) = (workspace.clone(), webhook.as_str().into());
        let page = LogPage { state: Some(DeliveryState::Delivered), before: None, at_most: 10_000 };
        let log = store.read(async move |tx| tx.deliveries(&workspace, &webhook, &page).await).await.unwrap();
        recorded.extend(log.into_iter().map(|delivered| (number.to_string(), delivered.event.to_string())));
    }
    recorded
}
