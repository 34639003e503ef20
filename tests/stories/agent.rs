//! The agent at work: what it asks once somebody is interested, when it speaks up, and what it reports.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Inhabited as _, Partner, Receiver, Somebody, World};

const QUESTIONS: &str = "how-many";
const DAY: Duration = Duration::from_hours(24);

stories! {
    async fn whoever_is_interested_is_asked_and_the_answers_come_back(world: World) {
        let (partner, ada, lead) = asked(&world, &json!({})).await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.processed"]).await;
        for reply in ["yes, call me", "about 40, all in Leeds", "no"] {
            world.sms.reply(&ada.phone, reply).await.unwrap();
            world.settle().await;
        }

        let texts = world.texts_to(&ada.phone);
        assert!(texts[1].contains("How many people work there?") && texts[2].contains("Do you use AWS?"), "{texts:?}");
        assert!(texts[3].contains("will be in touch"), "{texts:?}");
        let answers = json!([
            { "question": "How many people work there?", "answer": "about 40, all in Leeds" },
            { "question": "Do you use AWS?", "answer": "no" },
        ]);
        let seen = partner.lead(&lead).await;
        assert_eq!((&seen["status"], &seen["outcome"]["interest"]), (&json!("complete"), &json!("Hot")));
        assert_eq!(seen["outcome"]["answers"], answers);
        assert!(seen["outcome"]["summary"].as_str().unwrap().contains("“about 40, all in Leeds”"), "{seen}");
        let [told] = receiver.received().try_into().unwrap();
        let body = told.letter.json();
        assert_eq!(body["outcome"]["answers"], answers);
        let fields: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["lead_id", "outcome", "record_id", "sequence", "status", "timestamp", "type"]);
    }

    async fn without_questions_nothing_is_said_of_answers(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;
        assert_eq!(partner.lead(&lead).await["outcome"].get("answers"), None);
    }

    async fn the_transcript_is_where_the_lead_says(world: World) {
        let (partner, ada, lead) = asked(&world, &json!({})).await;
        world.sms.reply(&ada.phone, "no thanks").await.unwrap();
        world.settle().await;
        let seen = partner.lead(&lead).await;
        let url = seen["transcriptUrl"].as_str().unwrap();
        let path = url.strip_prefix(world.url()).expect("it is at the service's own address");
        let transcript = partner.get(path).await.expect(200);
        assert_eq!(bodies(&transcript)[1], "no thanks");
        assert_eq!(partner.leads().await[0]["transcriptUrl"], url);
    }

    async fn a_stop_a_child_and_a_stranger_are_heard_while_a_question_is_open(world: World) {
        for (reply, interest, texts) in
            [("STOP", "Opted out", 2), ("im 14 lol", "Opted out", 2), ("you have the wrong number", "Unreachable", 3)]
        {
            let (partner, ada, lead) = asked(&world, &json!({})).await;
            world.sms.reply(&ada.phone, "yes").await.unwrap();
            world.settle().await;
            let before = world.texts_to(&ada.phone).len();
            world.sms.reply(&ada.phone, reply).await.unwrap();
            world.settle().await;
            let seen = partner.lead(&lead).await;
            assert_eq!(seen["outcome"]["interest"], interest, "{reply}: {seen}");
            assert_eq!(world.texts_to(&ada.phone).len() - before, texts - 2, "{reply}");
            // The next one is the same person again.
            world.sms.reply(&ada.phone, "START").await.unwrap();
            world.settle().await;
        }
    }

    async fn interest_taken_back_ends_it_and_a_plain_no_is_an_answer(world: World) {
        let (partner, ada, lead) = asked(&world, &json!({})).await;
        for reply in ["yes", "no", "sorry, not interested after all"] {
            world.sms.reply(&ada.phone, reply).await.unwrap();
            world.settle().await;
        }
        let outcome = partner.lead(&lead).await["outcome"].take();
        assert_eq!(outcome["interest"], "Not interested");
        assert_eq!(outcome["answers"].as_array().map(Vec::len), Some(1), "{outcome}");
    }

    async fn silence_is_broken_once_when_the_campaign_says_so(world: World) {
        let (partner, ada, lead) = asked(&world, &json!({ "nudgeAfterS": 86400, "nudges": 1 })).await;
        world.later(DAY.checked_sub(Duration::from_secs(1)).unwrap()).await;
        assert_eq!(world.texts_to(&ada.phone).len(), 1);
        world.later(Duration::from_secs(1)).await;
        let texts = world.texts_to(&ada.phone);
        assert_eq!(texts.len(), 2);
        assert!(texts[1].contains("Larkfield") && texts[1].contains("STOP"), "{texts:?}");

        world.later(3 * DAY).await;
        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "No reply");
        assert_eq!(world.texts_to(&ada.phone).len(), 2);
    }

    async fn nobody_is_nudged_unless_the_campaign_says_so(world: World) {
        let (partner, ada, lead) = asked(&world, &json!({})).await;
        world.later(3 * DAY).await;
        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "No reply");
        assert_eq!(world.texts_to(&ada.phone).len(), 1);
    }

    async fn an_open_question_is_asked_once_more_and_a_yes_stays_a_yes(world: World) {
        let (partner, ada, lead) = asked(&world, &json!({ "nudgeAfterS": 86400, "nudges": 1 })).await;
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;
        world.later(DAY).await;
        assert!(world.texts_to(&ada.phone)[2].contains("How many people work there?"));
        world.later(3 * DAY).await;

        let seen = partner.lead(&lead).await;
        assert_eq!((&seen["status"], &seen["outcome"]["interest"]), (&json!("complete"), &json!("Hot")));
        assert_eq!(seen["outcome"].get("answers"), None);
    }

    async fn a_machine_that_answers_for_ever_is_left_after_so_many_turns(world: World) {
        let (partner, ada, lead) = asked(&world, &json!({ "mostTurns": 3 })).await;
        for _ in 0..3 {
            world.sms.reply(&ada.phone, "help").await.unwrap();
            world.settle().await;
        }
        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Cold");
        assert_eq!(world.texts_to(&ada.phone).len(), 4, "the first text, help twice, a farewell");
    }
}

/// A lead of a campaign with two questions, texted.
async fn asked(world: &World, change: &Value) -> (Partner, Somebody, String) {
    let partner = Partner::operator(world, "acme").await;
    let mut campaign = json!({
        "company": "Larkfield", "offer": "We can halve your cloud bill.",
        "questions": ["How many people work there?", "Do you use AWS?"],
    });
    campaign.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let request = partner.request(reqwest::Method::PUT, &format!("/api/v1/campaigns/{QUESTIONS}")).json(&campaign);
    assert!(request.send().await.unwrap().status().is_success());
    let ada = world.somebody();
    let draft = json!({ "recordId": ada.record, "name": ada.name, "phoneNumber": ada.phone, "campaign": QUESTIONS });
    let lead = partner.post("/api/v1/leads", &draft).await.expect(201)["id"].as_str().unwrap().to_owned();
    world.settle().await;
    (partner, ada, lead)
}

fn bodies(lead: &Value) -> Vec<&str> {
    let messages = lead["conversation"]["messages"].as_array().unwrap();
    messages.iter().map(|message| message["body"].as_str().unwrap()).collect()
}
