//! Caps: nobody is texted too often in a day, or asked too often in a month, and nobody sends more than was budgeted, however many
//! ask at once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Inhabited as _, Partner, Somebody, World};

stories! {
    async fn a_phone_has_so_many_texts_a_day_over_all_workspaces(
        world: World, ALC_CONDUCT__TEXTS_PER_PHONE_A_DAY = "2", ALC_SMS__FROM = "+15005550006,+15005550007,+15005550008"
    ) {
        let (acme, other) = (Partner::operator(&world, "acme").await, Partner::operator(&world, "another workspace").await);
        let ada = world.somebody();
        let (one, two) = (named(&ada, "Ada"), named(&ada, "Eva"));
        acme.sends(&one).await;
        other.sends(&two).await;
        world.settle().await;
        let third = other.sends(&named(&ada, "Zoe")).await;
        world.settle().await;

        assert_eq!(world.texts_to(&ada.phone).len(), 2);
        assert_waits_for(&other.lead(&third).await, "texts_to_phone");
        world.later(Duration::from_hours(24)).await;
        assert_eq!(world.texts_to(&ada.phone).len(), 3);
        assert_eq!(other.lead(&third).await["status"], "contacted");
        assert_eq!(world.dead_letters().await, [""; 0]);
    }

    /// Ten at once, and three of them fit.
    async fn a_workspace_sends_so_many_texts_a_day(world: World, ALC_CONDUCT__TEXTS_PER_WORKSPACE_A_DAY = "3") {
        let (acme, people) = (Partner::operator(&world, "acme").await, world.people());
        let leads = burst(&acme, &people[..10]).await;
        world.settle().await;
        assert_eq!(texted(&world, &people[..10]), 3);
        let mut waiting = 0;
        for lead in &leads {
            waiting += usize::from(acme.lead(lead).await["waitingFor"] == "texts_of_workspace");
        }
        assert_eq!(waiting, 7);

        // Others are not held up.
        Partner::operator(&world, "another workspace").await.sends(&people[10]).await;
        world.settle().await;
        assert_eq!(texted(&world, &people[10..11]), 1);
        world.later(Duration::from_hours(24)).await;
        assert_eq!(texted(&world, &people[..10]), 6, "three more the next day");
    }

    async fn a_phone_is_asked_so_many_times_a_month(world: World, ALC_CONDUCT__CONVERSATIONS_PER_PHONE = "2") {
        let (acme, other) = (Partner::operator(&world, "acme").await, Partner::operator(&world, "another workspace").await);
        let ada = world.somebody();
        for name in ["Ada", "Eva"] {
            let lead = acme.sends(&named(&ada, name)).await;
            world.settle().await;
            world.sms.reply(&ada.phone, "not now").await.unwrap();
            world.settle().await;
            assert_eq!(acme.lead(&lead).await["outcome"]["interest"], "Cold");
        }
        let third = acme.sends(&named(&ada, "Zoe")).await;
        world.settle().await;
        let third = acme.lead(&third).await;
        assert_eq!(third["status"], "failed");
        assert!(third["reason"].as_str().unwrap().contains("2 leads within 30 days"), "{third}");

        let of_other = other.sends(&named(&ada, "Zoe")).await;
        world.settle().await;
        assert_eq!(other.lead(&of_other).await["status"], "contacted", "each workspace has its own count");
        world.sms.reply(&ada.phone, "not now").await.unwrap();
        world.later(Duration::from_hours(31 * 24)).await;
        let later = acme.sends(&named(&ada, "Zoe")).await;
        world.settle().await;
        assert_eq!(acme.lead(&later).await["status"], "contacted");
    }

    async fn a_budget_that_is_spent_takes_no_more_leads(world: World) {
        let (acme, people) = (Partner::operator(&world, "acme").await, world.people());
        world.alc_json(&["workspace", "budget", "--workspace", "acme", "--segments", "1"]).await;
        let lead = acme.sends(&people[0]).await;
        world.settle().await;
        let used = acme.get("/api/v1/workspace").await.expect(200)["budget"].clone();
        assert_eq!(used["monthlySegments"], 1);
        assert!(used["usedSegments"].as_i64().unwrap() >= 1, "{used}");

        let refused = acme.post("/api/v1/leads", &draft(&people[1])).await.expect(409);
        assert_eq!(refused["code"], "budget_spent");
        assert_eq!(acme.post("/api/v1/leads", &draft(&people[0])).await.expect(200)["id"], lead.as_str(), "it is in already");
        let batch = json!({ "leads": [draft(&people[0]), draft(&people[1])] });
        let batch = acme.post("/api/v1/leads/batch", &batch).await.expect(200);
        assert_eq!((&batch["data"][0]["ok"], &batch["data"][1]["code"]), (&json!(true), &json!("budget_spent")));

        // Whoever was asked gets an answer, and it counts.
        world.sms.reply(&people[0].phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;
        assert_eq!(world.texts_to(&people[0].phone).len(), 2);
        let spent = acme.get("/api/v1/workspace").await.expect(200)["budget"]["usedSegments"].as_i64().unwrap();
        assert!(spent > used["usedSegments"].as_i64().unwrap());

        world.alc_json(&["workspace", "budget", "--workspace", "acme"]).await;
        acme.post("/api/v1/leads", &draft(&people[1])).await.expect(201);
    }

    async fn the_next_month_has_a_budget_of_its_own(world: World) {
        let (acme, people) = (Partner::operator(&world, "acme").await, world.people());
        world.alc_json(&["workspace", "budget", "--workspace", "acme", "--segments", "1"]).await;
        acme.sends(&people[0]).await;
        world.settle().await;
        acme.post("/api/v1/leads", &draft(&people[1])).await.expect(409);
        world.later(Duration::from_hours(31 * 24)).await;
        acme.post("/api/v1/leads", &draft(&people[1])).await.expect(201);
    }

    /// All are taken in while there is something left; only as many as it is enough for are asked.
    async fn of_a_burst_only_the_budget_is_texted(world: World) {
        let (acme, people) = (Partner::operator(&world, "acme").await, world.people());
        world.alc_json(&["workspace", "budget", "--workspace", "acme", "--segments", "1"]).await;
        let drafts: Vec<Value> = people[..10].iter().map(draft).collect();
        let batch = acme.post("/api/v1/leads/batch", &json!({ "leads": drafts })).await.expect(200);
        world.settle().await;

        assert_eq!(texted(&world, &people[..10]), 1);
        let mut failed = 0;
        for taken in batch["data"].as_array().unwrap() {
            let lead = acme.lead(taken["lead"]["id"].as_str().unwrap()).await;
            failed += usize::from(lead["status"] == "failed" && lead["reason"].as_str().unwrap().contains("budget"));
        }
        assert_eq!(failed, 9);
    }

    async fn a_text_that_is_tried_again_counts_once(world: World, ALC_CONDUCT__TEXTS_PER_PHONE_A_DAY = "1") {
        let (acme, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.fail(alc_tests::faults::Fault::status(429).on("POST", "/Messages.json").times(2));
        let lead = acme.sends(&ada).await;
        world.settle().await;
        for _ in 0..2 {
            world.later(Duration::from_secs(10)).await;
        }
        assert_eq!((world.texts_asked_for(&ada.phone), world.texts_to(&ada.phone).len()), (3, 1));
        assert_eq!(acme.lead(&lead).await["status"], "contacted");
    }
}

/// Somebody of that name at the same phone.
fn named(somebody: &Somebody, name: &str) -> Somebody {
    Somebody { record: format!("rec_{name}"), name: name.to_owned(), phone: somebody.phone.clone() }
}

fn draft(somebody: &Somebody) -> Value {
    json!({ "recordId": somebody.record, "name": somebody.name, "phoneNumber": somebody.phone })
}

async fn burst(partner: &Partner, people: &[Somebody]) -> Vec<String> {
    let mut leads = Vec::new();
    for somebody in people {
        leads.push(partner.sends(somebody).await);
    }
    leads
}

fn texted(world: &World, people: &[Somebody]) -> usize {
    people.iter().filter(|somebody| !world.texts_to(&somebody.phone).is_empty()).count()
}

#[track_caller]
fn assert_waits_for(lead: &Value, what: &str) {
    assert_eq!((&lead["waitingFor"], lead["waitingUntil"].is_string()), (&json!(what), true), "{lead}");
}
