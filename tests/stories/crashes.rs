//! The service is killed at its worst moments. Afterwards every record ends as if nothing had happened: nobody was texted twice,
//! no callback was lost.

use alc_tests::sms::LocalSms;

use crate::world::{App, Inhabited as _, MortalWorld, Somebody};

stories! {
    async fn the_lead_is_kept_and_nobody_has_been_told(world: MortalWorld, ALC_FAIL_POINT = "LeadCommitted") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        let shown = app.press_send_to_alc(&ada.record).await;
        assert_eq!(shown.alerts(), ["Failed to send to ALC"]);
        world.crashes_and_comes_back().await;

        // Told to try again, a person does.
        let shown = app.press_send_to_alc(&ada.record).await;
        assert_eq!(shown.toasts().last(), Some(&"Successfully sent to ALC!"));
        goes_on_to_its_end(&world, &ada).await;
    }

    async fn the_lead_is_kept_and_nobody_tries_again(world: MortalWorld, ALC_FAIL_POINT = "LeadCommitted") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.crashes_and_comes_back().await;

        goes_on_to_its_end(&world, &ada).await;
    }

    async fn the_lead_is_acknowledged_and_the_record_says_nothing_yet(world: MortalWorld) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        let pending = world.attio.hold_next("PATCH", &ada.record);
        let meanwhile = async {
            pending.arrived().await;
            tokio::join!(world.is_killed_and_comes_back(), app.dies());
        };
        let (pressed, ()) = tokio::join!(app.try_to_press(&ada.record), meanwhile);
        assert!(pressed.is_err(), "the app died before it could answer");
        app.comes_back().await;

        goes_on_to_its_end(&world, &ada).await;
    }

    async fn the_message_is_claimed_and_not_sent(world: MortalWorld, ALC_FAIL_POINT = "SendClaimed") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.crashes_and_comes_back().await;

        goes_on_to_its_end(&world, &ada).await;
    }

    async fn the_message_is_noted_as_sending_and_not_sent(world: MortalWorld, ALC_FAIL_POINT = "SendNoted") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.crashes_and_comes_back().await;

        goes_on_to_its_end(&world, &ada).await;
    }

    async fn the_gateway_took_the_message_and_reports_it(world: MortalWorld, ALC_FAIL_POINT = "SendTaken") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.crashes_and_comes_back().await;

        goes_on_to_its_end(&world, &ada).await;
    }

    async fn the_gateway_took_the_message_and_its_reports_are_lost(world: MortalWorld, ALC_FAIL_POINT = "SendTaken") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        world.sms.mute_callbacks(true);
        app.press_send_to_alc(&ada.record).await;
        world.crashes_and_comes_back().await;

        goes_on_to_its_end(&world, &ada).await;
    }

    async fn the_reply_came_in_and_is_not_kept(world: MortalWorld, ALC_FAIL_POINT = "InboundReceived") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        texted(&world.sms, &ada, 1).await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.expect_err("the service died before it could answer");
        world.crashes_and_comes_back().await;

        ends_well(&world, &ada).await;
    }

    async fn the_reply_is_kept_and_the_gateway_unanswered(world: MortalWorld, ALC_FAIL_POINT = "InboundCommitted") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        texted(&world.sms, &ada, 1).await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.expect_err("the service died before it could answer");
        world.crashes_and_comes_back().await;

        ends_well(&world, &ada).await;
    }

    async fn the_delivery_is_claimed_and_not_sent(world: MortalWorld, ALC_FAIL_POINT = "DeliveryClaimed") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        texted(&world.sms, &ada, 1).await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.crashes_and_comes_back().await;

        ends_well(&world, &ada).await;
    }

    async fn the_delivery_was_taken_and_that_is_not_kept(world: MortalWorld, ALC_FAIL_POINT = "DeliverySent") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        texted(&world.sms, &ada, 1).await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.crashes_and_comes_back().await;

        ends_well(&world, &ada).await;
        assert_eq!(world.written_to(&ada.record), ["Pending", "Complete"], "told twice, written once");
    }

    async fn the_record_is_written_and_the_callback_unanswered(world: MortalWorld) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        texted(&world.sms, &ada, 1).await;
        let written = world.attio.hold_next_answer("PATCH", &ada.record);
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        written.arrived().await;
        tokio::join!(world.is_killed_and_comes_back(), app.dies());
        app.comes_back().await;

        ends_well(&world, &ada).await;
    }

    async fn the_code_is_used_and_the_tokens_are_lost(world: MortalWorld, ALC_FAIL_POINT = "CodeUsed") {
        let member = world.member("acme").await;
        let app = App::start(&world, &world.attio, &crate::world::repository().join("app-ui")).await;
        let page = app.try_to_connect(&member).await;
        assert_eq!(page.status, 502, "{}", page.body);
        world.crashes_and_comes_back().await;

        app.connect(&member).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        goes_on_to_its_end(&world, &ada).await;
    }
}

/// The lead is asked, and says yes.
async fn goes_on_to_its_end(world: &MortalWorld, somebody: &Somebody) {
    texted(&world.sms, somebody, 1).await;
    world.sms.reply(&somebody.phone, "yes, call me tomorrow").await.unwrap();
    ends_well(world, somebody).await;
}

/// The record says what the lead said, and the lead got two texts: the question, and a farewell.
async fn ends_well(world: &MortalWorld, somebody: &Somebody) {
    let status = |record: &str| world.attio.record(record).value("alc_status");
    world.attio.until(|_| status(&somebody.record).as_deref() == Some("Complete")).await;
    texted(&world.sms, somebody, 2).await;
    world.settle().await;

    let record = world.attio.record(&somebody.record);
    assert_eq!(record.value("alc_status").as_deref(), Some("Complete"));
    assert_eq!(record.value("alc_interest").as_deref(), Some("Hot"));
    assert!(record.value("alc_summary").unwrap_or_default().contains("call me tomorrow"));
    assert!(record.value("alc_lead_id").unwrap_or_default().starts_with("lead_"));
    let texts = world.texts_to(&somebody.phone);
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert_ne!(texts[0], texts[1]);
    assert_eq!(world.dead_letters().await, [""; 0]);
}

async fn texted(sms: &LocalSms, somebody: &Somebody, times: usize) {
    use alc_tests::sms::PhoneDirection::ToLead;

    sms.until(|sms| sms.thread(&somebody.phone).iter().filter(|text| text.direction == ToLead).count() >= times).await;
}
