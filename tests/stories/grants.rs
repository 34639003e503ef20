//! Who sees what: a grant sees what was sent and subscribed under it, the operator sees a workspace, and nobody sees another's.

use std::collections::BTreeSet;

use alc_tests::attio::{AttioOptions, LocalAttio};

use crate::world::{App, Inhabited as _, Partner, Receiver, World};

const ENDINGS: &[&str] = &["lead.processed", "lead.failed"];

stories! {
    /// Two grants of one account: as far apart as it gets within a workspace.
    async fn a_grant_sees_nothing_of_another(world: World) {
        let member = world.member("acme").await;
        let (one, two) = (Partner::connected(&world, &member).await, Partner::connected(&world, &member).await);
        cannot_see(&world, &one, &two).await;
    }

    async fn an_operator_sees_nothing_of_another_workspace(world: World) {
        let acme = Partner::operator(&world, "acme").await;
        let other = Partner::operator(&world, "another workspace").await;
        cannot_see(&world, &acme, &other).await;
    }

    async fn the_same_record_under_another_grant_is_another_lead(world: World) {
        let member = world.member("acme").await;
        let (one, two) = (Partner::connected(&world, &member).await, Partner::connected(&world, &member).await);
        let ada = world.somebody();

        assert_ne!(one.sends(&ada).await, two.sends(&ada).await);
    }

    async fn callbacks_go_to_the_grant_that_sent_the_lead(world: World) {
        let member = world.member("acme").await;
        let (one, two) = (Partner::connected(&world, &member).await, Partner::connected(&world, &member).await);
        let (of_one, of_two) = (Receiver::start(&world.clock).await, Receiver::start(&world.clock).await);
        one.subscribes(&of_one, ENDINGS).await;
        two.subscribes(&of_two, ENDINGS).await;
        let ada = world.somebody();
        let lead = one.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;

        let [told] = of_one.received().try_into().unwrap();
        assert_eq!(told.callback.lead_id, lead);
        assert!(of_two.received().is_empty());
    }

    async fn the_operators_webhook_hears_its_workspace_and_no_other(world: World) {
        let acme = Partner::operator(&world, "acme").await;
        let other = Partner::operator(&world, "another workspace").await;
        let member = Partner::connected(&world, &world.member("acme").await).await;
        let receiver = Receiver::start(&world.clock).await;
        acme.subscribes(&receiver, &["lead.created"]).await;
        let people = world.people();
        let leads = [member.sends(&people[0]).await, acme.sends(&people[1]).await];
        other.sends(&people[2]).await;
        world.settle().await;

        // In any order: leads do not wait for each other.
        let heard = receiver.received().into_iter().map(|received| received.callback.lead_id);
        assert_eq!(heard.collect::<BTreeSet<_>>(), BTreeSet::from(leads));
        assert_eq!((receiver.received().len(), acme.leads().await.len()), (2, 2));
    }

    /// The same people are in both, under the same record ids.
    async fn two_attio_workspaces_of_one_account_never_see_each_others_answers(world: World) {
        let member = world.member("acme").await;
        let elsewhere = LocalAttio::start(AttioOptions::default()).await.unwrap();
        let here = App::connected_by(&world, &world.attio, &member).await;
        let there = App::connected_by(&world, &elsewhere, &member).await;
        let ada = world.somebody();
        here.press_send_to_alc(&ada.record).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "yes").await.unwrap();
        world.settle().await;

        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Complete"));
        assert_eq!(elsewhere.record(&ada.record).value("alc_status"), None);

        there.press_send_to_alc(&ada.record).await;
        world.settle().await;
        assert_eq!(elsewhere.record(&ada.record).value("alc_status").as_deref(), Some("Pending"));
        assert_eq!(world.written_to(&ada.record), ["Pending", "Complete"]);
    }

    async fn disconnecting_stops_texting_and_the_record_says_so(world: World) {
        let app = App::connected(&world).await;
        let ada = world.somebody();
        app.press_send_to_alc(&ada.record).await;
        world.settle().await;

        app.disconnect().await;
        world.sms.reply(&ada.phone, "hm").await.unwrap();
        world.settle().await;

        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Cancelled"));
        assert_eq!(world.texts_asked_for(&ada.phone), 1);
    }

    async fn disconnecting_leaves_another_workspaces_conversations_alone(world: World) {
        let member = world.member("acme").await;
        let leaving = App::connected_by(&world, &world.attio, &member).await;
        let staying = Partner::connected(&world, &member).await;
        let lead = staying.sends(&world.somebody()).await;
        world.settle().await;

        leaving.disconnect().await;
        world.settle().await;

        assert_eq!(staying.lead(&lead).await["status"], "contacted");
    }

    async fn access_that_was_given_back_is_gone_and_its_conversations_end(world: World) {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, ENDINGS).await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;

        partner.gives_its_access_back().await;
        world.sms.reply(&ada.phone, "hm").await.unwrap();
        world.settle().await;

        assert_eq!(partner.get("/api/v1/leads").await.problem(), (401, "token_invalid"));
        let operator = Partner::operator(&world, "acme").await;
        assert_eq!(operator.lead(&lead).await["status"], "cancelled");
        assert_eq!(world.texts_asked_for(&ada.phone), 1);
        let [told] = receiver.received().try_into().unwrap();
        assert_eq!((told.callback.lead_id, told.callback.status.as_str()), (lead, "Cancelled"));
    }
}

/// What `one` sent and subscribed does not exist for `two`, on any route.
async fn cannot_see(world: &World, one: &Partner, two: &Partner) {
    let receiver = Receiver::start(&world.clock).await;
    let webhook = format!("/api/v1/webhooks/{}", one.subscribes(&receiver, ENDINGS).await);
    let lead = format!("/api/v1/leads/{}", one.sends(&world.somebody()).await);

    assert_eq!(two.get(&lead).await.problem(), (404, "not_found"));
    assert_eq!(two.get(&webhook).await.problem(), (404, "not_found"));
    assert_eq!(two.delete(&webhook).await.problem(), (404, "not_found"));
    assert_eq!((two.leads().await, two.webhooks().await), (vec![], vec![]));

    one.get(&lead).await.expect(200);
    assert_eq!(one.get(&webhook).await.expect(200).get("secret"), None, "it is shown once");
    assert_eq!((one.leads().await.len(), one.webhooks().await.len()), (1, 1));
}
