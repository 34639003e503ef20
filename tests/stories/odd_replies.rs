//! Replies that come late, twice, out of order, or are none: nothing of it is lost, and nobody is texted who should not be.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Inbound, Inhabited as _, Partner, Receiver, Somebody, World};

const DAY: Duration = Duration::from_hours(24);

stories! {
    async fn a_clear_yes_after_the_end_corrects_the_outcome_and_is_thanked_for(world: World) {
        let (partner, ada, lead) = silent(&world).await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.processed"]).await;
        let ended = partner.lead(&lead).await;

        world.sms.reply(&ada.phone, "sorry, I was away. Yes please, call me").await.unwrap();
        world.settle().await;

        let seen = partner.lead(&lead).await;
        assert_eq!((&seen["status"], &seen["outcome"]["interest"]), (&json!("complete"), &json!("Hot")));
        assert!(seen["outcome"]["summary"].as_str().unwrap().contains("Replied late"), "{seen}");
        assert_eq!(seen["closedAt"], ended["closedAt"], "when it ended stays");
        let [told] = receiver.received().try_into().unwrap();
        assert_eq!(told.letter.json()["outcome"]["interest"], "Hot");
        assert_eq!(json!(told.callback.sequence), json!(ended["sequence"].as_u64().unwrap() + 1));
        assert_eq!(bodies(&seen)[1], "sorry, I was away. Yes please, call me");
        assert!(world.texts_to(&ada.phone).last().unwrap().contains("will be in touch"));
    }

    async fn what_is_no_clear_yes_is_only_shown(world: World) {
        let (partner, ada, lead) = silent(&world).await;
        let ended = partner.lead(&lead).await;
        for reply in ["hm", "who is this?", "maybe", "HELP", "no", "🎉🎉 what?"] {
            world.sms.reply(&ada.phone, reply).await.unwrap();
            world.settle().await;
        }
        let seen = partner.lead(&lead).await;
        assert_eq!((&seen["outcome"], &seen["sequence"]), (&ended["outcome"], &ended["sequence"]));
        assert_eq!(bodies(&seen).len(), 7);
        assert_eq!(world.texts_to(&ada.phone).len(), 1, "nobody is asked anything after the end");
    }

    async fn a_stop_after_the_end_is_obeyed(world: World) {
        let (partner, ada, lead) = silent(&world).await;
        world.sms.reply(&ada.phone, "stop texting me").await.unwrap();
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;
        let seen = partner.lead(&lead).await;
        assert_eq!(bodies(&seen)[1], "stop texting me");
        let again = partner.sends(&ada).await;
        world.settle().await;
        assert_eq!(partner.lead(&again).await["outcome"]["interest"], "Opted out");
        assert_eq!(world.texts_asked_for(&ada.phone), 1);
    }

    async fn a_yes_does_not_undo_a_stop(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "STOP").await.unwrap();
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;
        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Opted out");
        assert_eq!(world.texts_asked_for(&ada.phone), 1);
    }

    async fn later_than_late_belongs_to_no_conversation(world: World, ALC_CONVERSATION__LATE_REPLY_S = "86400") {
        let (partner, ada, lead) = silent(&world).await;
        world.later(DAY + Duration::from_secs(1)).await;
        world.sms.reply(&ada.phone, "yes please").await.unwrap();
        world.settle().await;
        let seen = partner.lead(&lead).await;
        assert_eq!((&seen["outcome"]["interest"], bodies(&seen).len()), (&json!("No reply"), 1));
        assert!(world.keeps_sms(&world.sms.thread(&ada.phone).pop().unwrap().sid).await);
    }

    async fn a_late_yes_to_somebody_who_has_left_corrects_nothing(world: World) {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.later(4 * DAY).await;
        partner.gives_its_access_back().await;
        world.sms.reply(&ada.phone, "yes please").await.unwrap();
        world.settle().await;
        let seen = Partner::operator(&world, "acme").await.lead(&lead).await;
        assert_eq!(seen["outcome"]["interest"], "No reply");
        assert_eq!(world.texts_asked_for(&ada.phone), 1);
    }

    async fn a_reply_that_is_brought_again_after_the_end_is_known(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;
        let no = Inbound { sid: "SM0000000000000000000000000000aa01", from: &ada.phone, body: "not now" };
        let yes = Inbound { sid: "SM0000000000000000000000000000aa02", from: &ada.phone, body: "yes, call me" };
        for sms in [&no, &yes, &no, &yes, &yes] {
            world.gateway_brings(sms).await.expect(200);
            world.settle().await;
        }
        let seen = partner.lead(&lead).await;
        assert_eq!(seen["outcome"]["interest"], "Hot");
        assert_eq!(bodies(&seen).iter().filter(|body| ["not now", "yes, call me"].contains(body)).count(), 2);
        assert_eq!(world.texts_to(&ada.phone).len(), 3, "the first text, and a farewell to each");
    }

    async fn a_stop_counts_in_whichever_order_it_comes(world: World) {
        for order in [["STOP", "yes"], ["yes", "STOP"]] {
            let partner = Partner::operator(&world, "acme").await;
            let ada = world.somebody();
            partner.sends(&ada).await;
            world.settle().await;
            for body in order {
                world.sms.reply(&ada.phone, body).await.unwrap();
            }
            world.settle().await;
            let asked = world.texts_asked_for(&ada.phone);
            let again = partner.sends(&ada).await;
            world.settle().await;
            assert_eq!(partner.lead(&again).await["outcome"]["interest"], "Opted out", "{order:?}");
            assert_eq!(world.texts_asked_for(&ada.phone), asked);
            world.sms.reply(&ada.phone, "START").await.unwrap();
            world.settle().await;
        }
    }

    async fn what_says_nothing_is_asked_again_and_shown(world: World) {
        for body in ["", "   ", "🎉🎉🎉", "...", "\u{200b}"] {
            let partner = Partner::operator(&world, "acme").await;
            let ada = world.somebody();
            let lead = partner.sends(&ada).await;
            world.settle().await;
            let before = world.texts_to(&ada.phone).len();
            let sid = format!("SM{:032x}", body.len() * 7919 + before);
            world.gateway_brings(&Inbound { sid: &sid, from: &ada.phone, body }).await.expect(200);
            world.settle().await;
            assert_eq!(partner.lead(&lead).await["status"], "in_conversation", "{body:?}");
            assert_eq!(world.texts_to(&ada.phone).len() - before, 1, "{body:?} is asked about");
            world.sms.reply(&ada.phone, "no thanks").await.unwrap();
            world.settle().await;
            let seen = partner.lead(&lead).await;
            assert_eq!((bodies(&seen)[1], &seen["outcome"]["interest"]), (body, &json!("Not interested")));
        }
    }

    async fn a_picture_without_words_is_a_reply(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.gateway_brings_picture("MM0000000000000000000000000000aa03", &ada.phone).await.expect(200);
        world.settle().await;
        assert_eq!(partner.lead(&lead).await["status"], "in_conversation");
        assert!(world.texts_to(&ada.phone)[1].contains("not sure I understood"));
    }

    async fn two_thousand_characters_are_kept_whole_and_quoted_short(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;
        let long = format!("Yes, call me. {}", "Żółć and more to tell. ".repeat(90).chars().take(1986).collect::<String>());
        assert_eq!(long.chars().count(), 2000);
        world.gateway_brings(&Inbound { sid: "SM0000000000000000000000000000aa04", from: &ada.phone, body: &long }).await.expect(200);
        world.settle().await;
        let seen = partner.lead(&lead).await;
        assert_eq!(bodies(&seen)[1], long);
        assert_eq!(seen["outcome"]["interest"], "Hot");
        assert!(seen["outcome"]["summary"].as_str().unwrap().chars().count() < 250, "{seen}");
    }
}

/// A lead that never answered, just ended.
async fn silent(world: &World) -> (Partner, Somebody, String) {
    let partner = Partner::operator(world, "acme").await;
    let ada = world.somebody();
    let lead = partner.sends(&ada).await;
    world.settle().await;
    world.later(3 * DAY).await;
    assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "No reply");
    (partner, ada, lead)
}

fn bodies(lead: &Value) -> Vec<&str> {
    let messages = lead["conversation"]["messages"].as_array().unwrap();
    messages.iter().map(|message| message["body"].as_str().unwrap()).collect()
}
