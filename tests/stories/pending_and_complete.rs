//! The button writes Pending, the callback writes the answer, and neither waits for the other: whatever happens in between, the
//! record ends with the answer.

use serde_json::{Value, json};

use crate::world::{App, Inhabited as _, Partner, World};

stories! {
    async fn an_answer_after_pending_replaces_it(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;

        assert_eq!(world.written_to(&ada.record), ["Pending", "Complete"]);
        is_complete(&world, &ada.record);
    }

    async fn an_answer_that_overtakes_pending_is_written_again(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        let pending = world.attio.hold_next("PATCH", &ada.record);
        let meanwhile = async {
            pending.arrived().await;
            world.settle().await;
            world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
            world.settle().await;
            is_complete(&world, &ada.record);
            pending.release();
        };
        let (shown, ()) = tokio::join!(app.press_send_to_alc(&ada.record), meanwhile);

        assert_eq!(shown.toasts(), ["Preparing to send to ALC...", "Successfully sent to ALC!"]);
        // In order of arrival: Pending was held back, and landed on top of the answer.
        assert_eq!(world.written_to(&ada.record), ["Pending", "Complete", "Complete"]);
        is_complete(&world, &ada.record);
    }

    async fn an_answer_that_crosses_pending_stays(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        let pending = world.attio.hold_next("PATCH", &ada.record);
        let answer = world.attio.hold_next("PATCH", &ada.record);
        let meanwhile = async {
            pending.arrived().await;
            world.settle().await;
            world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
            answer.arrived().await;
            pending.release();
        };
        let (_, ()) = tokio::join!(app.press_send_to_alc(&ada.record), meanwhile);
        answer.release();
        world.settle().await;

        is_complete(&world, &ada.record);
    }

    async fn a_death_between_sending_and_pending_leaves_nothing_to_repair(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        let pending = world.attio.hold_next("PATCH", &ada.record);
        let meanwhile = async {
            pending.arrived().await;
            app.dies().await;
        };
        let (pressed, ()) = tokio::join!(app.try_to_press(&ada.record), meanwhile);
        assert!(pressed.is_err(), "the app died before it could answer");
        assert_eq!(world.attio.record(&ada.record).value("alc_lead_id"), None);

        app.comes_back().await;
        world.settle().await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;

        is_complete(&world, &ada.record);
        assert!(world.attio.record(&ada.record).value("alc_lead_id").unwrap().starts_with("lead_"));
        pending.release();
        is_complete(&world, &ada.record);
    }

    async fn an_app_that_was_away_hears_the_answer_when_it_is_back(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;
        app.dies().await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;
        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Pending"));

        app.comes_back().await;
        world.later(std::time::Duration::from_secs(10)).await;
        is_complete(&world, &ada.record);
    }

    async fn a_callback_told_twice_is_written_once(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        let told = answered(&world, &app, &ada).await;
        let written = world.written_to(&ada.record);

        let answer = app.is_told(&told).await;

        assert_eq!(answer.expect(200), json!({ "result": "stale" }));
        assert_eq!(world.written_to(&ada.record), written);
    }

    async fn a_late_callback_of_an_earlier_move_changes_nothing(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        let mut late = answered(&world, &app, &ada).await;
        late["type"] = "lead.replied".into();
        late["status"] = "Pending".into();
        late["sequence"] = (late["sequence"].as_u64().unwrap() - 1).into();
        late["outcome"] = Value::Null;

        let answer = app.is_told(&late).await;

        assert_eq!(answer.expect(200), json!({ "result": "stale" }));
        is_complete(&world, &ada.record);
    }

    async fn a_late_callback_of_an_earlier_lead_changes_nothing(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        let late = answered(&world, &app, &ada).await;
        app.press_send_to_alc(&ada.record).await;
        let lead = world.attio.record(&ada.record).value("alc_lead_id");
        assert_ne!(lead.as_deref(), late["lead_id"].as_str());

        let answer = app.is_told(&late).await;

        assert_eq!(answer.expect(200), json!({ "result": "stale" }));
        let record = world.attio.record(&ada.record);
        assert_eq!((record.value("alc_lead_id"), record.value("alc_status")), (lead, Some("Pending".to_owned())));
    }

    async fn a_record_that_attio_would_not_take_is_told_again(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;
        world.attio.fail(alc_tests::faults::Fault::status(503).on("PATCH", &ada.record).times(2));
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;
        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Pending"));

        world.later(std::time::Duration::from_secs(10)).await;
        world.later(std::time::Duration::from_secs(10)).await;
        is_complete(&world, &ada.record);
    }
}

/// Sends somebody, who says yes; returns the callback as the service told it.
async fn answered(world: &World, app: &App, somebody: &crate::world::Somebody) -> Value {
    app.press_send_to_alc(&somebody.record).await;
    world.settle().await;
    world.sms.reply(&somebody.phone, "yes, call me tomorrow").await.unwrap();
    world.settle().await;
    is_complete(world, &somebody.record);
    let operator = Partner::operator(world, "acme").await;
    let lead = operator.leads().await.remove(0);
    json!({
        "type": "lead.processed",
        "timestamp": lead["closedAt"],
        "record_id": lead["recordId"],
        "status": lead["recordStatus"],
        "lead_id": lead["id"],
        "sequence": lead["sequence"],
        "outcome": lead["outcome"],
    })
}

#[track_caller]
fn is_complete(world: &World, record: &str) {
    let record = world.attio.record(record);
    assert_eq!(record.value("alc_status").as_deref(), Some("Complete"));
    assert_eq!(record.value("alc_interest").as_deref(), Some("Hot"));
    assert!(record.value("alc_summary").unwrap_or_default().contains("call me tomorrow"));
}
