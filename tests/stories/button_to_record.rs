//! The main job: press the button, and the record comes back Complete.

use crate::world::{App, World};

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
    }
}
