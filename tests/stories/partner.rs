//! A partner's webhook: signed callbacks, told in order, told again until they are heard, and told to nobody else.

use std::time::Duration;

use crate::world::{Inhabited as _, Partner, Receiver, World};

const ENDINGS: &[&str] = &["lead.processed", "lead.failed"];
const EVERYTHING: &[&str] = &["lead.created", "lead.contacted", "lead.replied", "lead.processed", "lead.failed"];

stories! {
    async fn a_callback_is_signed_and_says_what_was_learned(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, ENDINGS).await;
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;

        // The receiver took in what a signature vouched for, and nothing else.
        let [told] = receiver.received().try_into().unwrap();
        assert!(told.id.starts_with("evt_"), "{told:?}");
        let told = told.callback;
        assert_eq!((told.event.as_str(), told.status.as_str()), ("lead.processed", "Complete"));
        assert_eq!((told.record_id, told.lead_id), (ada.record, lead.clone()));
        let outcome = told.outcome.unwrap();
        assert_eq!((outcome.interest.as_str(), outcome.confidence), ("Hot", 0.9));
        assert!(outcome.summary.contains("call me tomorrow"), "{}", outcome.summary);
        assert_eq!(partner.lead(&lead).await["sequence"], told.sequence);
    }

    async fn every_move_is_told_in_order_to_who_asked_for_it(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let (curious, patient) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        partner.subscribes(&curious, EVERYTHING).await;
        partner.subscribes(&patient, ENDINGS).await;
        partner.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "hm").await.unwrap();
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;

        let heard = ["lead.created", "lead.contacted", "lead.replied", "lead.processed"];
        let heard: Vec<_> = heard.into_iter().map(str::to_owned).zip(1..).collect();
        assert_eq!(curious.heard(), heard);
        assert_eq!(patient.heard(), [("lead.processed".to_owned(), 4)]);
    }

    async fn a_failing_endpoint_is_told_again_until_it_hears(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.created"]).await;
        receiver.answers([500, 503, 302, 404]);
        partner.sends(&ada).await;
        world.settle().await;
        for _ in 0..6 {
            world.later(Duration::from_secs(10)).await;
        }

        let received = receiver.received();
        let answered: Vec<_> = received.iter().filter_map(|received| received.answered).collect();
        assert_eq!(answered, [500, 503, 302, 404, 200], "and not once more");
        assert!(received.iter().all(|again| again.id == received[0].id));
        assert!(received.is_sorted_by(|one, next| one.at < next.at), "each try is signed anew");
    }

    async fn an_endpoint_that_never_hears_is_given_up(world: World, ALC_WEBHOOKS__ATTEMPTS = "3") {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.created", "lead.contacted"]).await;
        receiver.answers([500; 3]);
        partner.sends(&ada).await;
        world.settle().await;
        for _ in 0..4 {
            world.later(Duration::from_secs(10)).await;
        }

        // What was given up does not stand in the way of the next.
        let tries: Vec<_> = receiver.heard().into_iter().map(|(_, sequence)| sequence).collect();
        assert_eq!(tries, [1, 1, 1, 2]);
    }

    async fn an_endpoint_that_is_gone_is_not_told_again(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.created"]).await;
        receiver.answers([410]);
        partner.sends(&ada).await;
        world.settle().await;
        world.later(Duration::from_hours(1)).await;

        assert_eq!(receiver.heard(), [("lead.created".to_owned(), 1)]);
    }

    async fn a_hanging_endpoint_delays_nobody_else(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let (hanging, healthy) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        partner.subscribes(&hanging, EVERYTHING).await;
        partner.subscribes(&healthy, EVERYTHING).await;
        hanging.hangs();

        // More than one endpoint may keep busy at a time.
        let crowd = &people[..2 * world.service.app.settings.webhooks.in_flight_per_webhook];
        for somebody in crowd {
            partner.sends(somebody).await;
        }
        // Sent and contacted, each of them, while the other endpoint has not answered once.
        healthy.has_received(2 * crowd.len()).await;
        assert!(hanging.received().iter().all(|received| received.answered.is_none()));

        hanging.wakes_up();
        world.settle().await;
        assert_eq!(hanging.received().len(), 2 * crowd.len(), "nothing is lost or told twice");
    }

    async fn an_endpoint_that_does_not_answer_in_time_is_told_again(world: World, ALC_WEBHOOKS__TIMEOUT_MS = "1500") {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.created"]).await;
        receiver.hangs();
        partner.sends(&ada).await;
        world.settle().await;
        receiver.wakes_up();
        world.later(Duration::from_secs(10)).await;

        let [first, second] = receiver.received().try_into().unwrap();
        assert_eq!((first.id, second.answered), (second.id, Some(200)));
    }

    async fn a_deleted_webhook_is_told_nothing_more(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let (leaving, staying) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        let webhook = partner.subscribes(&leaving, EVERYTHING).await;
        partner.subscribes(&staying, EVERYTHING).await;
        leaving.answers([500; 100]);
        partner.sends(&ada).await;
        world.settle().await;
        let heard = leaving.heard();

        let path = format!("/api/v1/webhooks/{webhook}");
        partner.delete(&path).await.expect(204);
        assert_eq!(partner.delete(&path).await.problem(), (404, "not_found"));
        assert_eq!(partner.get(&path).await.problem(), (404, "not_found"));
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        // Time that jumps past the lease of a delivery under way has it delivered twice, as it should.
        world.settle().await;
        world.later(Duration::from_hours(1)).await;

        assert_eq!(leaving.heard(), heard);
        assert_eq!(staying.received().len(), 4, "the other one heard the whole story");
    }

    async fn deleting_the_last_webhook_of_a_grant_ends_its_conversations(world: World) {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        let ada = world.somebody();
        let receiver = Receiver::start(&world.clock).await;
        let webhook = partner.subscribes(&receiver, ENDINGS).await;
        let lead = partner.sends(&ada).await;
        world.settle().await;

        partner.delete(&format!("/api/v1/webhooks/{webhook}")).await.expect(204);
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;

        let lead = partner.lead(&lead).await;
        assert_eq!((&lead["status"], &lead["recordStatus"]), (&"cancelled".into(), &"Cancelled".into()));
        assert!(lead["reason"].as_str().unwrap().contains("connection was removed"), "{lead}");
        assert_eq!(world.texts_asked_for(&ada.phone), 1, "nobody is texted for nothing");
        assert!(receiver.received().is_empty());
    }
}
