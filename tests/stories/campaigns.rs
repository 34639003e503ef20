//! Campaigns: kept by API and by command, named by leads, unseen by other workspaces, and held to by conversations that have begun.

use serde_json::{Value, json};

use crate::world::{Answer, Inhabited as _, Partner, Somebody, World};

const NAMES: &str = "/api/v1/campaigns";

stories! {
    async fn a_campaign_is_kept_read_replaced_and_removed(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let spring = json!({
            "company": "Larkfield", "offer": "We can halve your cloud bill.", "questions": ["How many are you?"],
            "tone": "formal", "language": "de", "nudgeAfterS": 86400, "nudges": 1, "mostTurns": 8,
        });
        let made = keeps(&partner, "spring", &spring).await.expect(201);
        for (field, value) in spring.as_object().unwrap() {
            assert_eq!(&made[field], value, "{field}");
        }
        assert_eq!(made["name"], "spring");
        let replaced = keeps(&partner, "spring", &json!({ "company": "Larkfield", "offer": "Hello." })).await.expect(200);
        assert_eq!((&replaced["questions"], &replaced["language"], &replaced["nudges"]), (&json!([]), &json!("en"), &json!(0)));
        assert_eq!(replaced["createdAt"], made["createdAt"]);

        keeps(&partner, "autumn", &json!({ "company": "Larkfield", "offer": "Hello." })).await.expect(201);
        let listed = partner.get(NAMES).await.expect(200);
        assert_eq!(listed["data"].as_array().unwrap().iter().map(|one| &one["name"]).collect::<Vec<_>>(), ["autumn", "spring"]);
        assert_eq!(partner.get("/api/v1/campaigns/spring").await.expect(200), listed["data"][1]);

        assert_eq!(partner.delete("/api/v1/campaigns/spring").await.status, 204);
        for gone in [partner.delete("/api/v1/campaigns/spring").await, partner.get("/api/v1/campaigns/spring").await] {
            assert_eq!(gone.problem(), (404, "not_found"));
        }
        let audited = world.alc_json(&["audit", "list", "--workspace", "acme"]).await;
        let deeds: Vec<_> = audited.as_array().unwrap().iter().filter_map(|line| line["action"].as_str()).collect();
        for deed in ["campaign.saved", "campaign.removed"] {
            assert!(deeds.contains(&deed), "{deeds:?}");
        }
    }

    async fn what_no_sms_should_say_is_refused_with_its_field(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let good = json!({ "company": "Acme", "offer": "Hello." });
        for (name, change, field) in [
            ("Spring", json!({}), "name"),
            ("spring", json!({ "company": "" }), "company"),
            ("spring", json!({ "offer": "two\nlines" }), "offer"),
            ("spring", json!({ "questions": ["?", "?", "?", "?", "?", "?"] }), "questions"),
            ("spring", json!({ "nudges": 1, "nudgeAfterS": 5 }), "nudgeAfterS"),
            ("spring", json!({ "mostTurns": 0 }), "mostTurns"),
        ] {
            let mut draft = good.clone();
            draft.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let refused = keeps(&partner, name, &draft).await;
            assert_eq!(refused.problem(), (422, "invalid_campaign"), "{draft}");
            assert!(refused.body["detail"].as_str().unwrap().contains(field), "{:?}", refused.body);
        }
        for odd in [json!({ "company": "Acme" }), json!({ "company": "Acme", "offer": "Hi.", "language": "xx" }), json!({ "company": "Acme", "offer": "Hi.", "hue": 1 })] {
            assert_eq!(keeps(&partner, "spring", &odd).await.problem(), (422, "invalid_body"), "{odd}");
        }
        assert_eq!(partner.get(NAMES).await.expect(200)["data"], json!([]));
    }

    async fn a_workspace_keeps_only_so_many(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let draft = json!({ "company": "Acme", "offer": "Hello." });
        for number in 0..100 {
            keeps(&partner, &format!("c{number}"), &draft).await.expect(201);
        }
        assert_eq!(keeps(&partner, "one-more", &draft).await.problem(), (422, "too_many_campaigns"));
        keeps(&partner, "c7", &draft).await.expect(200);
    }

    async fn a_lead_is_told_what_its_campaign_says(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let [ada, eva, zoe] = world.people().into_iter().take(3).collect::<Vec<_>>().try_into().unwrap();
        sends(&partner, &ada, None).await.expect(201);
        world.settle().await;
        assert!(first_text(&world, &ada).contains("this is Acme."), "the settings' own, where there is no other");

        keeps(&partner, "default", &json!({ "company": "Larkfield", "offer": "Hello." })).await.expect(201);
        keeps(&partner, "primavera", &json!({ "company": "Bosco", "offer": "Dimezziamo i costi.", "language": "it", "tone": "formal" })).await.expect(201);
        sends(&partner, &eva, None).await.expect(201);
        let lead = sends(&partner, &zoe, Some("primavera")).await.expect(201);
        world.settle().await;
        assert!(first_text(&world, &eva).contains("this is Larkfield. Hello."));
        let text = first_text(&world, &zoe);
        assert!(text.starts_with("Buongiorno ") && text.contains("Bosco. Dimezziamo i costi.") && text.contains("STOP"), "{text}");
        assert_eq!(lead["campaign"], "primavera");
    }

    async fn a_campaign_that_is_not_there_is_refused_everywhere_alike(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        let none = sends(&partner, &ada, Some("spring")).await;
        assert_eq!(none.problem(), (422, "campaign_unknown"));
        keeps(&partner, "autumn", &json!({ "company": "Acme", "offer": "Hello." })).await.expect(201);
        let refused = sends(&partner, &ada, Some("spring")).await;
        assert_eq!(refused.problem(), (422, "campaign_unknown"));
        assert!(refused.body["detail"].as_str().unwrap().contains("autumn"), "{:?}", refused.body);
        let checked = partner.post("/api/v1/leads/check", &draft(&ada, Some("spring"))).await.expect(200);
        assert_eq!((&checked["ok"], &checked["code"]), (&json!(false), &json!("campaign_unknown")));
        let batch = json!({ "leads": [draft(&ada, Some("spring")), draft(&ada, Some("autumn"))] });
        let results = partner.post("/api/v1/leads/batch", &batch).await.expect(200);
        assert_eq!((&results["data"][0]["code"], &results["data"][1]["ok"]), (&json!("campaign_unknown"), &json!(true)));
    }

    async fn another_workspace_has_its_own(world: World) {
        let acme = Partner::operator(&world, "acme").await;
        let other = Partner::operator(&world, "another workspace").await;
        keeps(&acme, "spring", &json!({ "company": "Acme", "offer": "Hello." })).await.expect(201);
        assert_eq!(other.get("/api/v1/campaigns/spring").await.problem(), (404, "not_found"));
        assert_eq!(other.delete("/api/v1/campaigns/spring").await.problem(), (404, "not_found"));
        assert_eq!(other.get(NAMES).await.expect(200)["data"], json!([]));
        assert_eq!(sends(&other, &world.somebody(), Some("spring")).await.problem(), (422, "campaign_unknown"));
        keeps(&other, "spring", &json!({ "company": "Other", "offer": "Hello." })).await.expect(201);
        assert_eq!(acme.get("/api/v1/campaigns/spring").await.expect(200)["company"], "Acme");
    }

    async fn a_conversation_goes_on_as_it_began(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        keeps(&partner, "spring", &json!({ "company": "Larkfield", "offer": "Hello.", "questions": ["How many are you?"] })).await.expect(201);
        let lead = sends(&partner, &ada, Some("spring")).await.expect(201)["id"].as_str().unwrap().to_owned();
        world.settle().await;

        keeps(&partner, "spring", &json!({ "company": "Somebody else", "offer": "Bye.", "questions": ["Why?"] })).await.expect(200);
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;
        assert!(world.texts_to(&ada.phone)[1].contains("How many are you?"));
        assert_eq!(partner.delete("/api/v1/campaigns/spring").await.status, 204);
        world.sms.reply(&ada.phone, "40").await.unwrap();
        world.settle().await;

        assert!(world.texts_to(&ada.phone)[2].contains("Larkfield"));
        let outcome = partner.lead(&lead).await["outcome"].take();
        assert_eq!(outcome["answers"], json!([{ "question": "How many are you?", "answer": "40" }]));
    }

    async fn a_lead_whose_campaign_went_before_its_turn_is_given_up(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let people = world.people();
        let (ada, eva) = (people[0].clone(), Somebody { phone: people[0].phone.clone(), ..people[1].clone() });
        keeps(&partner, "spring", &json!({ "company": "Larkfield", "offer": "Hello." })).await.expect(201);
        sends(&partner, &ada, None).await.expect(201);
        world.settle().await;
        let waits = sends(&partner, &eva, Some("spring")).await.expect(201)["id"].as_str().unwrap().to_owned();
        world.settle().await;
        assert_eq!(partner.delete("/api/v1/campaigns/spring").await.status, 204);
        world.sms.reply(&ada.phone, "no thanks").await.unwrap();
        world.settle().await;

        let lead = partner.lead(&waits).await;
        assert_eq!(lead["status"], "failed");
        assert!(lead["reason"].as_str().unwrap().contains("campaign was removed"), "{lead}");
    }

    async fn the_operator_keeps_campaigns_by_command(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let of_acme = |rest: &[&'static str]| [&["campaign"], &rest[..1], &["--workspace", "acme"], &rest[1..]].concat();
        let spring = of_acme(&[
            "set", "--name", "spring", "--company", "Larkfield", "--offer", "Hello.", "--question", "How many?", "--question",
            "Where?", "--language", "pl", "--tone", "formal", "--nudge-after", "24h", "--nudges", "1",
        ]);
        assert_eq!(world.alc_json(&spring).await, json!({ "campaign": "spring", "replaced": false }));
        assert_eq!(world.alc_json(&spring).await["replaced"], true);
        let kept = partner.get("/api/v1/campaigns/spring").await.expect(200);
        assert_eq!((&kept["questions"], &kept["nudgeAfterS"]), (&json!(["How many?", "Where?"]), &json!(86400)));

        let shown = world.alc_json(&of_acme(&["show", "--name", "spring"])).await;
        assert_eq!((&shown["language"], &shown["tone"], &shown["nudges"]), (&json!("pl"), &json!("formal"), &json!(1)));
        assert_eq!(world.alc(&of_acme(&["list"])).await.table().len(), 2);
        assert_eq!(world.alc_json(&of_acme(&["remove", "--name", "spring"])).await["campaign"], "spring");
        let again = world.alc(&of_acme(&["remove", "--name", "spring"])).await;
        assert!(again.complaint().contains("`alc campaign list`"), "{again:?}");
        let bad = world.alc(&of_acme(&["set", "--name", "x", "--company", "A", "--offer", "B.", "--nudges", "1"])).await;
        assert!(bad.complaint().contains("--nudge-after"), "{bad:?}");
    }
}

async fn keeps(partner: &Partner, name: &str, draft: &Value) -> Answer {
    let request = partner.request(reqwest::Method::PUT, &format!("{NAMES}/{name}"));
    Answer::read(request.json(draft).send().await.expect("the service answers")).await
}

fn draft(somebody: &Somebody, campaign: Option<&str>) -> Value {
    let Somebody { record, name, phone } = somebody;
    json!({ "recordId": record, "name": name, "phoneNumber": phone, "campaign": campaign })
}

async fn sends(partner: &Partner, somebody: &Somebody, campaign: Option<&str>) -> Answer {
    partner.post("/api/v1/leads", &draft(somebody, campaign)).await
}

fn first_text(world: &World, somebody: &Somebody) -> String {
    world.texts_to(&somebody.phone).remove(0)
}
