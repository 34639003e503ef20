//! Nobody waits for ever: silence is an answer, and a lead that never got anywhere ends at its last deadline.

use std::time::Duration;

use alc_tests::faults::Fault;

use crate::world::{Inhabited as _, Partner, Receiver, World};

/// In seconds, as the settings count.
const DAY: i64 = 24 * 60 * 60;

stories! {
    async fn silence_is_an_answer(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.processed", "lead.failed"]).await;
        let lead = partner.sends(&world.somebody()).await;
        world.settle().await;

        world.later(seconds(silence(&world) - 1)).await;
        assert_eq!(partner.lead(&lead).await["status"], "contacted");
        world.later(seconds(1)).await;

        let [told] = receiver.received().try_into().unwrap();
        assert_eq!(told.callback.lead_id, lead);
        let outcome = told.callback.outcome.unwrap();
        assert_eq!((outcome.interest.as_str(), outcome.summary.as_str()), ("No reply", "Did not reply."));
        assert_eq!(partner.lead(&lead).await["status"], "complete");
    }

    async fn a_reply_starts_the_wait_anew(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;

        world.later(seconds(silence(&world) - DAY)).await;
        world.sms.reply(&ada.phone, "hm").await.unwrap();
        world.settle().await;
        world.later(seconds(silence(&world) - DAY)).await;
        assert_eq!(partner.lead(&lead).await["status"], "in_conversation");
        world.later(seconds(DAY)).await;

        let lead = partner.lead(&lead).await;
        assert_eq!(lead["status"], "complete");
        assert_eq!(lead["outcome"]["interest"], "No reply");
        assert_eq!(lead["outcome"]["summary"], "Replied at first, then fell silent.");
    }

    async fn a_reply_long_after_the_silence_is_kept_and_not_answered(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.later(seconds(silence(&world))).await;
        world.later(seconds(world.service.app.settings.conversation.late_reply_s + 1)).await;

        assert_eq!(world.sms.reply(&ada.phone, "yes!").await.unwrap(), 200);
        world.settle().await;

        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "No reply");
        assert_eq!(world.texts_to(&ada.phone).len(), 1);
        assert!(world.keeps_sms(&world.sms.thread(&ada.phone).pop().unwrap().sid).await);
    }

    /// A gateway that takes nothing for a week, and a service that never gives up on it before.
    async fn the_last_deadline_ends_what_never_got_out(world: World, ALC_JOBS__ATTEMPTS = "1000") {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.processed", "lead.failed"]).await;
        world.sms.fail(Fault::status(429).on("POST", "/Messages.json").times(u32::MAX));
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;

        let deadline = world.service.app.settings.conversation.last_deadline_s;
        world.later(seconds(deadline - 1)).await;
        assert_eq!(partner.lead(&lead).await["status"], "pending");
        world.later(seconds(1)).await;

        let lead = partner.lead(&lead).await;
        assert_eq!(lead["status"], "failed");
        assert!(lead["reason"].as_str().unwrap().contains("last deadline"), "{lead}");
        assert_eq!(receiver.heard(), [("lead.failed".to_owned(), 2)]);
        world.later(seconds(DAY)).await;
        assert_eq!(world.texts_to(&ada.phone), [""; 0]);
    }
}

fn silence(world: &World) -> i64 {
    world.service.app.settings.conversation.silence_s
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap())
}
