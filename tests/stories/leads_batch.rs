//! Leads by the batch: each judged by itself, all that are taken in kept together.

use serde_json::{Value, json};

use crate::world::{Inhabited as _, Partner, Receiver, Somebody, World};

const BATCH: &str = "/api/v1/leads/batch";

stories! {
    async fn each_lead_of_a_batch_gets_its_own_verdict_in_its_own_place(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let live = partner.sends(&people[0]).await;
        let leads = [
            draft(&people[1]),
            json!({ "recordId": "rec_landline", "name": "Ada", "phoneNumber": "+44 20 7946 0000" }),
            draft(&people[0]),
            json!({ "recordId": "rec_typo", "phone": "+447400123456" }),
            json!(["rec_list", "Ada", "+447400123456"]),
            json!({ "recordId": 7, "phoneNumber": "+447400123456" }),
            json!({ "recordId": "rec_campaign", "phoneNumber": "+447400123456", "campaign": "spring" }),
            // In the workspace's region.
            json!({ "recordId": "rec_national", "name": "Eva", "phoneNumber": "07400 123456" }),
            draft(&people[1]),
        ];
        let results = batch(&partner, &leads).await;

        let told: Vec<_> = results.iter().map(|result| (result["ok"] == true, result["code"].as_str(), result["created"].as_bool())).collect();
        assert_eq!(
            told,
            [
                (true, None, Some(true)),
                (false, Some("phone_number_not_textable"), None),
                (true, None, Some(false)),
                (false, Some("invalid_body"), None),
                (false, Some("invalid_body"), None),
                (false, Some("invalid_body"), None),
                (false, Some("campaign_unknown"), None),
                (true, None, Some(true)),
                (true, None, Some(false)),
            ]
        );
        for (index, result) in results.iter().enumerate() {
            assert_eq!(result["index"], index);
            let sentence = result["message"].as_str();
            assert_eq!(sentence.is_some(), result["ok"] == false, "{result}");
            assert!(sentence.is_none_or(|sentence| sentence.ends_with(['.', '>'])), "{result}");
        }
        assert_eq!(results[2]["lead"]["id"], json!(live));
        assert_eq!(results[7]["lead"]["phoneNumber"], "+447400123456");
        assert_eq!(results[8]["lead"], results[0]["lead"], "one record, one lead");
        assert_eq!(partner.leads().await.len(), 3);
    }

    async fn the_leads_of_a_batch_are_announced_and_texted_like_any_other(world: World) {
        let (partner, people) = (Partner::connected(&world, &world.member("acme").await).await, world.people());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.created"]).await;
        let leads: Vec<Value> = people[..3].iter().map(draft).collect();
        let results = batch(&partner, &leads).await;
        world.settle().await;

        let mut heard: Vec<_> = receiver.received().into_iter().map(|received| received.callback.lead_id).collect();
        heard.sort();
        let mut taken_in: Vec<_> = results.iter().map(|result| result["lead"]["id"].as_str().unwrap().to_owned()).collect();
        taken_in.sort();
        assert_eq!(heard, taken_in);
        assert!(people[..3].iter().all(|somebody| world.texts_to(&somebody.phone).len() == 1));
    }

    async fn a_batch_is_as_large_as_promised_and_no_larger(world: World, ALC_SMS__FROM = "") {
        let partner = Partner::operator(&world, "acme").await;
        let leads = |count: usize| -> Vec<Value> {
            let lead = |number| json!({ "recordId": format!("rec_{number}"), "name": "Ada", "phoneNumber": "+447400123456" });
            (0..count).map(lead).collect()
        };
        let too_large = partner.post(BATCH, &json!({ "leads": leads(251) })).await;
        assert_eq!(too_large.problem(), (422, "batch_too_large"));
        assert_eq!(partner.post(BATCH, &json!({ "leads": [] })).await.problem(), (422, "batch_empty"));
        for wrong in [json!({}), json!({ "leads": null }), json!({ "leads": {} }), json!({ "leads": [], "all": true })] {
            assert_eq!(partner.post(BATCH, &wrong).await.problem(), (422, "invalid_body"), "{wrong}");
        }
        assert_eq!(partner.leads().await, [] as [Value; 0]);

        let results = batch(&partner, &leads(250)).await;
        assert!(results.len() == 250 && results.iter().all(|result| result["created"] == true));
        let reader = Partner::with_token(&world, &world.operator_token("acme", &["leads:read"]).await);
        assert_eq!(reader.post(BATCH, &json!({ "leads": leads(1) })).await.problem(), (403, "insufficient_scope"));
    }
}

async fn batch(partner: &Partner, leads: &[Value]) -> Vec<Value> {
    let mut answer = partner.post(BATCH, &json!({ "leads": leads })).await.expect(200);
    let Value::Array(results) = answer["data"].take() else { panic!("results are under `data`: {answer}") };
    assert_eq!(results.len(), leads.len(), "{results:?}");
    results
}

fn draft(somebody: &Somebody) -> Value {
    json!({ "recordId": somebody.record, "name": somebody.name, "phoneNumber": somebody.phone })
}
