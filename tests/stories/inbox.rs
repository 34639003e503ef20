//! Replies that the gateway could not bring: it tries once, so the service looks into its inbox.

use std::time::Duration;

use alc_tests::faults::Fault;

use crate::world::{Inhabited as _, Partner, World};

/// Nobody answers there.
const NOWHERE: &str = "http://127.0.0.1:9/";

stories! {
    async fn a_reply_that_could_not_be_brought_is_fetched(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.set_inbound(NOWHERE);
        world.later(Duration::from_mins(1)).await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap_err();

        the_inbox_is_read(&world).await;

        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Hot");
        assert_eq!(world.texts_to(&ada.phone).len(), 2, "the question, and the farewell");
        // Read again, it is known.
        the_inbox_is_read(&world).await;
        assert_eq!(world.texts_to(&ada.phone).len(), 2);
    }

    async fn replies_are_heard_in_the_order_in_which_they_were_sent(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.set_inbound(NOWHERE);
        // More than one page of the gateway's list.
        for _ in 0..60 {
            world.sms.reply(&ada.phone, "hm").await.unwrap_err();
        }
        world.later(Duration::from_mins(1)).await;
        world.sms.reply(&ada.phone, "how much is it?").await.unwrap_err();

        the_inbox_is_read(&world).await;

        let lead = partner.lead(&lead).await;
        assert_eq!(lead["outcome"]["interest"], "Cold", "by then, everything had been asked: {lead}");
    }

    /// A page holds 50; many days and a long one are read bit by bit, and nothing is heard twice or out of order.
    async fn days_of_replies_are_heard_in_order_however_many(world: World, ALC_SMS__INBOX_PAGES = "1", ALC_SMS__READ_INBOX_EVERY_S = "259200",
                                                             ALC_CONVERSATION__SILENCE_S = "600000") {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let mut leads = Vec::new();
        for somebody in &people[..3] {
            leads.push(partner.sends(somebody).await);
        }
        world.settle().await;
        world.sms.set_inbound(NOWHERE);
        // Two days on which nobody looks; each second of a busy minute brings one message.
        for somebody in &people[..2] {
            for number in 0..60 {
                world.clock.advance(Duration::from_secs(1));
                let words = if number == 59 { "how much is it?" } else { "hm" };
                world.sms.reply(&somebody.phone, words).await.unwrap_err();
            }
            world.later(Duration::from_hours(24)).await;
        }
        world.sms.reply(&people[2].phone, "STOP").await.unwrap_err();
        let before = world.sms.requests().len();
        the_inbox_is_read(&world).await;

        let mut told = Vec::new();
        for lead in &leads {
            told.push(partner.lead(lead).await["outcome"]["interest"].clone());
        }
        assert_eq!(told, ["Cold", "Cold", "Opted out"], "by the last, everything had been asked");
        let looks = world.sms.requests().split_off(before).into_iter().filter(|request| request.method == "GET").count();
        assert!((6..20).contains(&looks), "{looks} pages were read");
        assert_eq!(world.dead_letters().await, [""; 0]);
    }

    async fn a_missed_stop_is_a_stop(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.set_inbound(NOWHERE);
        world.sms.reply(&ada.phone, "STOP").await.unwrap_err();

        the_inbox_is_read(&world).await;

        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Opted out");
        assert_eq!(world.texts_to(&ada.phone).len(), 1);
    }

    async fn a_missed_start_does_not_undo_a_later_stop(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        partner.sends(&ada).await;
        world.settle().await;
        let inbound = format!("{}/sms/twilio", world.url());
        world.sms.set_inbound(NOWHERE);
        world.sms.reply(&ada.phone, "START").await.unwrap_err();
        world.clock.advance(Duration::from_secs(10));
        world.sms.set_inbound(&inbound);
        world.sms.reply(&ada.phone, "STOP").await.unwrap();
        world.settle().await;

        the_inbox_is_read(&world).await;

        let again = partner.sends(&ada).await;
        world.settle().await;
        assert_eq!(partner.lead(&again).await["outcome"]["interest"], "Opted out");
        assert_eq!(world.texts_to(&ada.phone).len(), 1);
    }

    async fn a_missed_reply_to_an_earlier_question_answers_no_later_one(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        partner.sends(&ada).await;
        world.settle().await;
        let inbound = format!("{}/sms/twilio", world.url());
        world.sms.set_inbound(NOWHERE);
        world.sms.reply(&ada.phone, "hm, what is the price?").await.unwrap_err();
        world.clock.advance(Duration::from_secs(10));
        world.sms.set_inbound(&inbound);
        world.sms.reply(&ada.phone, "no thanks").await.unwrap();
        world.settle().await;
        let second = partner.sends(&ada).await;
        world.settle().await;

        the_inbox_is_read(&world).await;

        assert_eq!(partner.lead(&second).await["status"], "contacted");
    }

    async fn an_inbox_that_cannot_be_read_is_read_later(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.set_inbound(NOWHERE);
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap_err();
        world.sms.fail(Fault::status(503).on("GET", "/Messages.json"));
        the_inbox_is_read(&world).await;
        assert_eq!(partner.lead(&lead).await["status"], "contacted");

        world.later(Duration::from_secs(10)).await;
        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Hot");
    }
}

async fn the_inbox_is_read(world: &World) {
    let every = u64::try_from(world.service.app.settings.sms.read_inbox_every_s).expect("time goes forward");
    world.later(Duration::from_secs(every)).await;
}
