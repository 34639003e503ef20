//! The main job: press the button, and the record comes back Complete.

use alc_core::conversation::CLARIFICATIONS;

use crate::world::{App, Inhabited as _, Partner, World};

stories! {
    async fn a_yes_by_text_completes_the_record(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();

        let shown = app.press_send_to_alc(&ada.record).await;
        assert_eq!(shown.toasts(), ["Preparing to send to ALC...", "Successfully sent to ALC!"]);
        assert_eq!(shown.alerts(), [""; 0]);
        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Pending"));

        world.settle().await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;

        let record = world.attio.record(&ada.record);
        assert_eq!(record.value("alc_status").as_deref(), Some("Complete"));
        assert_eq!(record.value("alc_interest").as_deref(), Some("Hot"));
        assert!(record.value("alc_summary").unwrap().contains("call me tomorrow"));
        assert!(record.value("alc_checked_at").is_some());
    }

    async fn an_unclear_reply_is_asked_again_and_then_read(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;

        world.sms.reply(&ada.phone, "who is this?").await.unwrap();
        world.settle().await;
        assert!(world.texts_to(&ada.phone).last().unwrap().starts_with("This is Acme."));
        world.sms.reply(&ada.phone, "hm").await.unwrap();
        world.settle().await;
        assert!(world.texts_to(&ada.phone).last().unwrap().contains("note it right"));
        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Pending"));

        world.sms.reply(&ada.phone, "how much is it?").await.unwrap();
        world.settle().await;
        assert_eq!(world.attio.record(&ada.record).value("alc_interest").as_deref(), Some("Warm"));
    }

    async fn a_lead_who_never_becomes_clear_ends_cold(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;

        for _ in 0..=CLARIFICATIONS {
            world.sms.reply(&ada.phone, "hm").await.unwrap();
            world.settle().await;
        }

        let record = world.attio.record(&ada.record);
        assert_eq!(record.value("alc_status").as_deref(), Some("Complete"));
        assert_eq!(record.value("alc_interest").as_deref(), Some("Cold"));
    }

    async fn help_explains_and_the_conversation_goes_on(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;

        world.sms.reply(&ada.phone, "HELP").await.unwrap();
        world.settle().await;
        let help = world.texts_to(&ada.phone).pop().unwrap();
        assert!(help.contains("Acme") && help.contains("STOP"), "{help}");

        world.sms.reply(&ada.phone, "no thanks").await.unwrap();
        world.settle().await;
        assert_eq!(world.attio.record(&ada.record).value("alc_interest").as_deref(), Some("Not interested"));
    }

    async fn a_stop_ends_the_lead_without_another_word(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;

        world.sms.reply(&ada.phone, "STOP").await.unwrap();
        world.settle().await;

        let record = world.attio.record(&ada.record);
        assert_eq!(record.value("alc_status").as_deref(), Some("Complete"));
        assert_eq!(record.value("alc_interest").as_deref(), Some("Opted out"));
        assert_eq!(world.texts_asked_for(&ada.phone), 1, "the first text, and none after the stop");
    }

    async fn a_phone_that_said_stop_is_never_texted_again(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "please don't text me again").await.unwrap();
        world.settle().await;

        app.press_send_to_alc(&ada.record).await;
        world.settle().await;
        let stranger = Partner::operator(&world, "another workspace").await;
        let lead = stranger.sends(&ada).await;
        world.settle().await;

        assert_eq!(world.attio.record(&ada.record).value("alc_interest").as_deref(), Some("Opted out"));
        let lead = stranger.lead(&lead).await;
        assert_eq!((&lead["status"], &lead["outcome"]["interest"]), (&"complete".into(), &"Opted out".into()));
        assert_eq!(world.texts_asked_for(&ada.phone), 1, "the gateway must not even be asked");
    }

    async fn a_phone_that_says_start_may_be_texted_again(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        partner.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "stop").await.unwrap();
        world.sms.reply(&ada.phone, "START").await.unwrap();
        world.settle().await;

        let lead = partner.sends(&ada).await;
        world.settle().await;
        assert_eq!(partner.lead(&lead).await["status"], "contacted");
    }

    async fn pressing_twice_texts_once(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;
        let lead = world.attio.record(&ada.record).value("alc_lead_id");

        let shown = app.press_send_to_alc(&ada.record).await;
        world.settle().await;

        assert_eq!(shown.alerts(), [""; 0]);
        assert_eq!(world.attio.record(&ada.record).value("alc_lead_id"), lead);
        assert_eq!(world.texts_to(&ada.phone).len(), 1);
    }

    async fn pressing_again_after_the_end_starts_anew_with_a_clean_record(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;
        let first = world.attio.record(&ada.record).value("alc_lead_id");

        app.press_send_to_alc(&ada.record).await;
        world.settle().await;

        let record = world.attio.record(&ada.record);
        assert_ne!(record.value("alc_lead_id"), first);
        assert_eq!(record.value("alc_status").as_deref(), Some("Pending"));
        assert_eq!((record.value("alc_interest"), record.value("alc_summary")), (None, None));
    }

    async fn a_person_without_a_number_is_not_sent(world: World) {
        let refusal = "phone_number_missing";
        is_refused(&world, refusal, "No phone number found", "Add a mobile number").await;
    }

    async fn a_number_that_no_plan_knows_is_not_sent(world: World) {
        is_refused(&world, "phone_number_invalid", "Failed to send to ALC", "Correct it on the record").await;
    }

    async fn a_landline_is_not_sent(world: World) {
        let refusal = "phone_number_not_textable";
        is_refused(&world, refusal, "Failed to send to ALC", "Put a mobile number first").await;
    }

    async fn a_workspace_that_is_not_connected_is_told_so(world: World) {
        let app = App::connected(&world).await;
        app.disconnect().await;

        let shown = app.press_send_to_alc(&world.somebody().record).await;

        assert_eq!(shown.alerts(), ["Failed to send to ALC"]);
        assert!(shown.alert_text().contains("(no_connection)"), "{shown:?}");
    }
}

/// The person reads why and what to do; nothing is stored and the record stays as it was.
async fn is_refused(world: &World, code: &str, title: &str, cure: &str) {
    let app = App::connected(world).await;
    let record = world.person_refused(code);

    let shown = app.press_send_to_alc(&record).await;
    world.settle().await;

    assert_eq!(shown.alerts(), [title]);
    assert!(shown.alert_text().contains(cure) && shown.alert_text().ends_with(&format!("({code})")), "{shown:?}");
    let operator = Partner::operator(world, "acme").await;
    assert_eq!(operator.leads().await, [] as [serde_json::Value; 0]);
    assert_eq!(world.written_to(&record), [""; 0]);
}
