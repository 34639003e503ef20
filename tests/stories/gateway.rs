//! The SMS gateway refuses, stumbles, hangs and loses answers: no text goes out twice, and no lead is left behind.

use std::time::Duration;

use alc_tests::faults::Fault;

use crate::world::{Inbound, Inhabited as _, OUR_NUMBER, Partner, Receiver, Somebody, World, http};

const MESSAGES: &str = "/Messages.json";

/// Longer than the service waits before it takes a message that the gateway does not list as never received.
const A_WHILE: Duration = Duration::from_secs(5);

stories! {
    async fn a_number_the_gateway_cannot_reach_ends_unreachable(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.refuse(&ada.phone, 21211);

        let lead = partner.sends(&ada).await;
        world.settle().await;

        let lead = partner.lead(&lead).await;
        assert_eq!((&lead["status"], &lead["outcome"]["interest"]), (&"complete".into(), &"Unreachable".into()));
    }

    async fn a_refusal_fails_the_lead_and_says_why(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.failed"]).await;
        world.sms.fail(Fault::status(400).on("POST", MESSAGES));

        partner.sends(&ada).await;
        world.settle().await;
        world.later(A_WHILE).await;

        let [told] = receiver.received().try_into().unwrap();
        assert_eq!(told.callback.status.as_str(), "Failed");
        let reason = told.callback.reason.unwrap();
        assert!(reason.contains("code 20001") && reason.contains("send the person again"), "{reason}");
        assert_eq!(world.texts_asked_for(&ada.phone), 1, "what was refused is not asked again");
    }

    async fn a_phone_that_opted_out_at_the_gateway_is_never_asked_for_again(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.opt_out(OUR_NUMBER, &ada.phone);
        let first = partner.sends(&ada).await;
        world.settle().await;

        let second = partner.sends(&ada).await;
        world.settle().await;

        assert_eq!(partner.lead(&first).await["outcome"]["interest"], "Opted out");
        assert_eq!(partner.lead(&second).await["outcome"]["interest"], "Opted out");
        assert_eq!(world.texts_asked_for(&ada.phone), 1);
    }

    async fn a_text_that_does_not_arrive_ends_unreachable(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.make_unreachable(&ada.phone);

        let lead = partner.sends(&ada).await;
        world.settle().await;

        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Unreachable");
    }

    async fn a_busy_gateway_is_asked_again(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.fail(Fault::status(429).on("POST", MESSAGES).times(2));
        partner.sends(&ada).await;
        world.settle().await;
        assert_eq!(world.texts_to(&ada.phone), [""; 0]);

        world.later(A_WHILE).await;
        world.later(A_WHILE).await;
        goes_on_with_one_text(&world, &partner, &ada).await;
    }

    async fn a_gateway_that_refuses_our_account_is_asked_again(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.fail(Fault::status(401).on("POST", MESSAGES));
        partner.sends(&ada).await;
        world.settle().await;

        world.later(A_WHILE).await;
        goes_on_with_one_text(&world, &partner, &ada).await;
    }

    async fn a_failing_gateway_is_asked_what_it_has_before_it_is_asked_again(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.fail(Fault::status(503).on("POST", MESSAGES));
        partner.sends(&ada).await;
        world.settle().await;

        world.later(A_WHILE).await;
        goes_on_with_one_text(&world, &partner, &ada).await;
        let of_the_text = world.sms.requests().into_iter().filter(|request| !request.path.contains("?To=%2B1500"));
        let asked: Vec<String> = of_the_text.map(|request| request.method).collect();
        assert_eq!(asked, ["POST", "GET", "POST", "POST"], "the text, the list, the text again; the farewell");
    }

    async fn a_hanging_gateway_is_given_up_and_asked_again(world: World, ALC_SMS__TIMEOUT_MS = "1500") {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.fail(Fault::hang().on("POST", MESSAGES));
        partner.sends(&ada).await;
        world.settle().await;
        assert_eq!(world.texts_to(&ada.phone), [""; 0]);

        world.later(A_WHILE).await;
        goes_on_with_one_text(&world, &partner, &ada).await;
    }

    async fn a_text_whose_answer_was_lost_is_known_by_its_report(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.fail(Fault::drop_after_commit().on("POST", MESSAGES));
        partner.sends(&ada).await;
        world.settle().await;

        world.later(A_WHILE).await;
        goes_on_with_one_text(&world, &partner, &ada).await;
    }

    async fn a_text_whose_answer_and_reports_were_lost_is_found_in_the_list(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.fail(Fault::drop_after_commit().on("POST", MESSAGES));
        world.sms.mute_callbacks(true);
        partner.sends(&ada).await;
        world.settle().await;

        world.later(A_WHILE).await;
        goes_on_with_one_text(&world, &partner, &ada).await;
    }

    async fn a_text_that_the_gateway_still_queues_is_found_in_the_list(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.fail(Fault::drop_after_commit().on("POST", MESSAGES));
        world.sms.be_slow();
        let lead = partner.sends(&ada).await;
        world.settle().await;
        for _ in 0..world.service.app.settings.jobs.attempts {
            world.later(A_WHILE).await;
        }

        assert_eq!(world.texts_asked_for(&ada.phone), 1);
        assert_eq!(partner.lead(&lead).await["status"], "contacted");
    }

    async fn a_text_nobody_can_say_anything_about_is_not_sent_twice(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.fail(Fault::drop_after_commit().on("POST", MESSAGES));
        world.sms.fail(Fault::status(503).on("GET", MESSAGES).times(u32::MAX));
        world.sms.mute_callbacks(true);
        let lead = partner.sends(&ada).await;
        world.settle().await;
        for _ in 0..world.service.app.settings.jobs.attempts {
            world.later(A_WHILE).await;
        }

        let lead = partner.lead(&lead).await;
        assert_eq!(lead["status"], "failed");
        assert!(lead["reason"].as_str().unwrap().contains("gateway could not be reached"), "{lead}");
        assert_eq!(world.texts_to(&ada.phone).len(), 1);
    }

    async fn a_gateway_that_stays_away_fails_the_lead_and_is_not_asked_later(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.fail(Fault::status(503).times(u32::MAX));
        let lead = partner.sends(&ada).await;
        world.settle().await;
        for _ in 0..world.service.app.settings.jobs.attempts {
            world.later(A_WHILE).await;
        }
        http().delete(format!("{}/_faults", world.sms.url())).send().await.unwrap();
        world.later(Duration::from_hours(1)).await;

        let lead = partner.lead(&lead).await;
        assert_eq!((&lead["status"], &lead["recordStatus"]), (&"failed".into(), &"Failed".into()));
        assert_eq!(world.texts_to(&ada.phone), [""; 0]);
    }

    async fn without_a_number_to_text_from_the_lead_fails_and_says_so(world: World, ALC_SMS__FROM = "") {
        let partner = Partner::operator(&world, "acme").await;
        let lead = partner.sends(&world.somebody()).await;
        world.settle().await;
        for _ in 0..world.service.app.settings.jobs.attempts {
            world.later(A_WHILE).await;
        }

        let lead = partner.lead(&lead).await;
        assert_eq!(lead["status"], "failed");
        assert!(lead["reason"].as_str().unwrap().contains("no number to text from"), "{lead}");
    }

    /// Somebody else sent the same words between the same numbers an hour ago: that text is not this one.
    async fn the_same_words_to_the_same_phone_are_not_mistaken_for_ours(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let neighbour = Partner::operator(&world, "another workspace").await;
        neighbour.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "no thanks").await.unwrap();
        world.settle().await;
        world.later(Duration::from_hours(1)).await;
        let texts = world.texts_to(&ada.phone).len();

        world.sms.fail(Fault::status(503).on("POST", MESSAGES));
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.later(A_WHILE).await;

        assert_eq!(world.texts_to(&ada.phone).len(), texts + 1);
        assert_eq!(partner.lead(&lead).await["status"], "contacted");
    }

    async fn a_report_that_comes_late_undoes_nothing(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.mute_callbacks(true);
        let lead = partner.sends(&ada).await;
        world.settle().await;

        for (status, error) in [("delivered", None), ("sent", None), ("queued", None), ("undelivered", Some("30003"))] {
            world.gateway_reports(&ada.phone, status, error).await.expect(204);
        }
        world.settle().await;

        let lead = partner.lead(&lead).await;
        assert_eq!((&lead["status"], &lead["sequence"]), (&"contacted".into(), &2.into()));
    }

    async fn a_bad_report_is_final(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.sms.mute_callbacks(true);
        let lead = partner.sends(&ada).await;
        world.settle().await;

        for (status, error) in [("failed", Some("30006")), ("sent", None), ("failed", Some("30006"))] {
            world.gateway_reports(&ada.phone, status, error).await.expect(204);
        }
        world.settle().await;

        let lead = partner.lead(&lead).await;
        assert_eq!((&lead["outcome"]["interest"], &lead["sequence"]), (&"Unreachable".into(), &3.into()));
    }

    async fn one_lost_text_does_not_undo_an_answer(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        world.sms.make_unreachable(&ada.phone);
        world.sms.reply(&ada.phone, "hm").await.unwrap();
        world.settle().await;

        assert_eq!(partner.lead(&lead).await["status"], "in_conversation");
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;
        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Hot");
    }

    async fn an_sms_that_the_gateway_did_not_sign_changes_nothing(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;
        let stop = Inbound { sid: "SM0000000000000000000000000000f0e1", from: &ada.phone, body: "STOP" };

        for signature in [None, Some(""), Some("bm90IHNpZ25lZA=="), Some("no base64!")] {
            let answer = world.stranger_brings(&stop, signature).await;
            assert_eq!(answer.problem(), (401, "signature_mismatch"));
        }
        world.settle().await;

        assert_eq!(partner.lead(&lead).await["status"], "contacted");
        assert!(!world.keeps_sms(stop.sid).await);
    }

    async fn a_report_that_the_gateway_did_not_sign_changes_nothing(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = partner.sends(&ada).await;
        world.settle().await;

        let answer = world.stranger_reports(&ada.phone, "undelivered").await;
        world.settle().await;

        assert_eq!(answer.problem(), (401, "signature_mismatch"));
        assert_eq!(partner.lead(&lead).await["status"], "contacted");
    }

    async fn an_sms_brought_twice_is_heard_once(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        partner.sends(&ada).await;
        world.settle().await;

        let sms = Inbound { sid: "SM0000000000000000000000000000f0e2", from: &ada.phone, body: "hm" };
        world.gateway_brings(&sms).await.expect(200);
        world.gateway_brings(&sms).await.expect(200);
        world.settle().await;

        assert_eq!(world.texts_to(&ada.phone).len(), 2, "the first text, and one question back");
    }

    async fn an_sms_from_a_stranger_is_kept_and_not_answered(world: World) {
        let sms = Inbound { sid: "SM0000000000000000000000000000f0e3", from: "+447400198198", body: "who are you?" };
        world.gateway_brings(&sms).await.expect(200);
        world.gateway_brings(&sms).await.expect(200);
        world.settle().await;

        assert!(world.keeps_sms(sms.sid).await);
        assert_eq!(world.texts_asked_for(sms.from), 0);
    }

    async fn a_stop_from_a_stranger_counts(world: World) {
        let (partner, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let stop = Inbound { sid: "SM0000000000000000000000000000f0e4", from: &ada.phone, body: "stop" };
        world.gateway_brings(&stop).await.expect(200);

        let lead = partner.sends(&ada).await;
        world.settle().await;

        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Opted out");
        assert_eq!(world.texts_asked_for(&ada.phone), 0);
    }
}

/// The phone has the first text, once; its owner says yes, and that is heard.
async fn goes_on_with_one_text(world: &World, partner: &Partner, somebody: &Somebody) {
    assert_eq!(world.texts_to(&somebody.phone).len(), 1);
    let lead = partner.leads().await.remove(0);
    assert_eq!(lead["status"], "contacted");
    world.sms.reply(&somebody.phone, "yes").await.unwrap();
    world.settle().await;
    let lead = partner.lead(lead["id"].as_str().unwrap()).await;
    assert_eq!((&lead["status"], &lead["outcome"]["interest"]), (&"complete".into(), &"Hot".into()));
    // And for as long as anything might still come back.
    world.later(Duration::from_hours(1)).await;
    let firsts = world.texts_to(&somebody.phone).iter().filter(|text| text.contains("Reply STOP to opt out")).count();
    assert_eq!(firsts, 1);
}
