//! The life of a connection: made whole or not at all, renewed without anybody noticing, and ended with a word on what to do.

use std::time::Duration;

use alc_tests::faults::Fault;

use crate::world::{App, Inhabited as _, Partner, World, repository};

stories! {
    async fn a_connection_that_cannot_be_set_up_is_refused_and_leaves_nothing_behind(world: World) {
        let member = world.member("acme").await;
        let app = App::start(&world, &world.attio, &repository().join("app-ui")).await;
        world.attio.fail(Fault::status(403).on("POST", "/attributes"));

        let page = app.try_to_connect(&member).await;
        assert_eq!(page.status, 502);
        assert!(page.body.contains("could not be connected") && page.body.contains("(attio_unauthorized)"), "{page:?}");
        assert_eq!(app.handlers().await, 0);

        app.connect(&member).await;
        let shown = app.press_send_to_alc(&world.somebody().record).await;
        assert_eq!((shown.alerts().len(), app.handlers().await), (0, 1));
    }

    async fn a_connection_that_alc_does_not_take_is_refused_and_leaves_nothing_behind(
        world: World,
        ALC_WEBHOOKS__ALLOW_LOOPBACK = "false"
    ) {
        let app = App::start(&world, &world.attio, &repository().join("app-ui")).await;

        let page = app.try_to_connect(&world.member("acme").await).await;

        assert_eq!(page.status, 502);
        assert!(page.body.contains("(url_not_allowed)"), "{page:?}");
        assert_eq!(app.handlers().await, 0);
    }

    /// The app asks for a new token a minute before the old one ends, so this one never lives long enough.
    async fn access_that_runs_out_is_renewed(world: World, ALC_OAUTH__ACCESS_TOKEN_LIFETIME_S = "30") {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        for _ in 0..2 {
            world.later(Duration::from_mins(1)).await;
            let shown = app.press_send_to_alc(&ada.record).await;
            assert_eq!(shown.alerts(), [""; 0], "{shown:?}");
            world.settle().await;
        }

        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;
        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Complete"));
    }

    async fn a_connection_that_the_operator_ended_says_how_to_connect_again(world: World) {
        let app = App::connected(&world).await;
        let people = world.people();
        app.press_send_to_alc(&people[0].record).await;
        world.settle().await;

        world.operator().delete_client(&app.client_id).await.unwrap();
        world.settle().await;
        assert_eq!(world.attio.record(&people[0].record).value("alc_status").as_deref(), Some("Cancelled"));

        let shown = app.press_send_to_alc(&people[1].record).await;
        assert_eq!(shown.alerts(), ["Failed to send to ALC"]);
        assert!(shown.alert_text().contains("connect again. (alc_unauthorized)"), "{shown:?}");
        assert_eq!(Partner::operator(&world, "acme").await.leads().await.len(), 1);
    }
}
