//! A lead while it lives: what its sender sees of it, and calling it off.

use reqwest::Method;
use reqwest::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use serde_json::{Value, json};

use crate::world::{Answer, App, Inhabited as _, Partner, Receiver, Somebody, World};

stories! {
    async fn a_lead_called_off_says_so_on_its_record_and_is_texted_no_more(world: World) {
        let app = App::connected(&world).await;
        let operator = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;
        let lead = world.attio.record(&ada.record).value("alc_lead_id").unwrap();

        let called_off = cancel(&operator, &lead).await.expect(200);
        assert_eq!((&called_off["id"], &called_off["status"]), (&json!(lead), &json!("cancelled")));
        assert_eq!(called_off["recordStatus"], "Cancelled");
        assert!(called_off["reason"].as_str().unwrap().contains("called off"), "{called_off}");
        assert!(!called_off["closedAt"].is_null(), "{called_off}");
        world.settle().await;
        world.sms.reply(&ada.phone, "hm").await.unwrap();
        world.settle().await;

        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Cancelled"));
        assert_eq!(world.texts_asked_for(&ada.phone), 1, "the question, and nothing after it");
    }

    async fn a_webhook_hears_that_a_lead_was_called_off(world: World) {
        let (partner, ada) = (Partner::connected(&world, &world.member("acme").await).await, world.somebody());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.failed"]).await;
        let lead = partner.sends(&ada).await;
        world.settle().await;
        cancel(&partner, &lead).await.expect(200);
        world.settle().await;

        let [told] = receiver.received().try_into().unwrap();
        assert_eq!((told.callback.lead_id, told.callback.status.as_str()), (lead, "Cancelled"));
    }

    async fn a_waiting_lead_called_off_is_never_texted_and_the_next_takes_its_place(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        let talking = partner.sends(&ada).await;
        world.settle().await;
        let waiting = partner.sends(&Somebody { record: "rec_second".into(), name: "Eva".into(), ..ada.clone() }).await;
        let last = partner.sends(&Somebody { record: "rec_third".into(), name: "Zoe".into(), ..ada.clone() }).await;
        world.settle().await;

        cancel(&partner, &waiting).await.expect(200);
        cancel(&partner, &talking).await.expect(200);
        world.settle().await;

        assert_eq!(partner.lead(&last).await["status"], "contacted");
        let texts = world.texts_to(&ada.phone);
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts.iter().all(|text| !text.contains("Eva")), "{texts:?}");
    }

    async fn a_lead_that_has_ended_cannot_be_called_off(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;
        let before = partner.lead(&lead).await;

        let refused = cancel(&partner, &lead).await;
        assert_eq!(refused.problem(), (409, "lead_ended"));
        assert!(refused.body["detail"].as_str().unwrap().contains("complete"), "{refused:?}");
        assert_eq!(partner.lead(&lead).await, before);

        let again = partner.sends(&ada).await;
        cancel(&partner, &again).await.expect(200);
        let refused = cancel(&partner, &again).await;
        assert_eq!(refused.problem(), (409, "lead_ended"));
        assert!(refused.body["detail"].as_str().unwrap().contains("cancelled"), "{refused:?}");
    }

    async fn a_lead_of_somebody_else_cannot_be_called_off(world: World) {
        let member = world.member("acme").await;
        let (one, two) = (Partner::connected(&world, &member).await, Partner::connected(&world, &member).await);
        let other = Partner::operator(&world, "another workspace").await;
        let reader = Partner::with_token(&world, &world.operator_token("acme", &["leads:read"]).await);
        let lead = one.sends(&world.somebody()).await;
        world.settle().await;

        assert_eq!(cancel(&two, &lead).await.problem(), (404, "not_found"));
        assert_eq!(cancel(&other, &lead).await.problem(), (404, "not_found"));
        assert_eq!(cancel(&one, "lead_00000000000000000000000000000000").await.problem(), (404, "not_found"));
        assert_eq!(cancel(&reader, &lead).await.problem(), (403, "insufficient_scope"));
        assert_eq!(one.lead(&lead).await["status"], "contacted");
    }

    async fn a_lead_comes_with_what_was_said_to_who_sent_it(world: World) {
        let (partner, ada) = (Partner::connected(&world, &world.member("acme").await).await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;

        let shown = partner.lead(&lead).await;
        let messages = shown["conversation"]["messages"].as_array().unwrap();
        let texts = world.texts_to(&ada.phone);
        let said: Vec<_> = messages.iter().map(|message| ["direction", "state", "body"].map(|key| text(message, key))).collect();
        assert_eq!(
            said,
            [["out", "delivered", &texts[0]], ["in", "received", "yes, call me tomorrow"], ["out", "delivered", &texts[1]]]
        );
        assert!(messages.iter().all(|message| text(message, "id").starts_with("msg_")));
        assert!(messages.is_sorted_by_key(|message| text(message, "createdAt")));

        // The operator sees that it exists and how it ended; a conversation is between a grant and its leads.
        let operators = Partner::operator(&world, "acme").await.lead(&lead).await;
        assert_eq!((&operators["status"], &operators["conversation"]), (&json!("complete"), &Value::Null));
    }

    async fn a_lead_that_was_not_texted_yet_has_an_empty_conversation(world: World, ALC_SMS__FROM = "") {
        let partner = Partner::operator(&world, "acme").await;
        let lead = partner.sends(&world.somebody()).await;
        assert_eq!(partner.lead(&lead).await["conversation"], json!({ "messages": [] }));
    }

    async fn a_lead_is_sent_again_only_when_it_has_changed(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        let first = ask_unless(&partner, &lead, "\"something else\"").await;
        let tag = first.headers[ETAG].to_str().unwrap().to_owned();
        assert_eq!((first.status, first.headers[CACHE_CONTROL].to_str().unwrap()), (200, "private, no-cache"));
        assert_eq!(first.body, partner.lead(&lead).await);

        for seen in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let unchanged = ask_unless(&partner, &lead, &seen).await;
            assert_eq!((unchanged.status, &unchanged.body), (304, &Value::Null), "{seen}");
            assert_eq!(unchanged.headers[ETAG], tag);
        }

        world.sms.reply(&ada.phone, "hm").await.unwrap();
        world.settle().await;
        let changed = ask_unless(&partner, &lead, &tag).await;
        assert_eq!((changed.status, &changed.body["status"]), (200, &json!("in_conversation")));
        assert_ne!(changed.headers[ETAG], tag);

        // Whoever may not see it learns nothing from a tag.
        let other = Partner::operator(&world, "another workspace").await;
        assert_eq!(ask_unless(&other, &lead, "*").await.problem(), (404, "not_found"));
    }
}

async fn cancel(partner: &Partner, lead: &str) -> Answer {
    let request = partner.request(Method::POST, &format!("/api/v1/leads/{lead}/cancel"));
    Answer::read(request.send().await.unwrap()).await
}

async fn ask_unless(partner: &Partner, lead: &str, tag: &str) -> Answer {
    let request = partner.request(Method::GET, &format!("/api/v1/leads/{lead}"));
    Answer::read(request.header(IF_NONE_MATCH, tag).send().await.unwrap()).await
}

#[track_caller]
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value} is no text"))
}
