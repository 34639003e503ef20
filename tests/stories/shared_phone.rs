//! One phone, several leads: an SMS names two numbers and nothing else, so on each pair of them only one lead talks at a time.

use crate::world::{Inhabited as _, Partner, Somebody, World};

const FIRST: &str = "+15005550006";
const SECOND: &str = "+15005550007";
const BOTH: &str = "+15005550006,+15005550007";

stories! {
    async fn a_second_lead_waits_until_the_first_ends(world: World) {
        let acme = Partner::operator(&world, "acme").await;
        takes_turns(&world, &acme, &acme).await;
    }

    async fn a_lead_of_another_workspace_waits_as_well(world: World) {
        let acme = Partner::operator(&world, "acme").await;
        let other = Partner::operator(&world, "another workspace").await;
        takes_turns(&world, &acme, &other).await;
    }

    async fn those_who_wait_are_served_in_order(world: World) {
        let acme = Partner::operator(&world, "acme").await;
        let people = at_one_phone(&world, 3);
        let mut leads = Vec::new();
        for somebody in &people {
            leads.push(acme.sends(somebody).await);
            world.settle().await;
        }

        for (lead, reply, interest) in
            [(&leads[0], "yes", "Hot"), (&leads[1], "no thanks", "Not interested"), (&leads[2], "not now", "Cold")]
        {
            assert_eq!(acme.lead(lead).await["status"], "contacted");
            world.sms.reply(&people[0].phone, reply).await.unwrap();
            world.settle().await;
            assert_eq!(acme.lead(lead).await["outcome"]["interest"], interest);
        }
    }

    async fn a_second_number_of_ours_talks_at_the_same_time(world: World, ALC_SMS__FROM = BOTH) {
        let (acme, [ada, eva, zoe]) = (Partner::operator(&world, "acme").await, people_at_one_phone(&world));
        let one = acme.sends(&ada).await;
        let two = acme.sends(&eva).await;
        world.settle().await;
        let three = acme.sends(&zoe).await;
        world.settle().await;
        assert_eq!(acme.lead(&one).await["status"], "contacted");
        assert_eq!(acme.lead(&two).await["status"], "contacted");
        assert_eq!(acme.lead(&three).await["status"], "pending", "both numbers are taken");

        let (of_one, of_two) = (number_that_greeted(&world, &ada), number_that_greeted(&world, &eva));
        assert_ne!(of_one, of_two);
        world.phone_replies_to(&ada.phone, &of_two, "no thanks").await;
        world.phone_replies_to(&ada.phone, &of_one, "yes").await;
        world.settle().await;

        assert_eq!(acme.lead(&one).await["outcome"]["interest"], "Hot");
        assert_eq!(acme.lead(&two).await["outcome"]["interest"], "Not interested");
        assert_eq!(acme.lead(&three).await["status"], "contacted");
    }

    async fn a_stop_to_one_number_ends_every_lead_of_the_phone(world: World, ALC_SMS__FROM = BOTH) {
        let acme = Partner::operator(&world, "acme").await;
        let other = Partner::operator(&world, "another workspace").await;
        let [ada, eva, zoe] = people_at_one_phone(&world);
        let one = acme.sends(&ada).await;
        let two = other.sends(&eva).await;
        world.settle().await;
        let three = acme.sends(&zoe).await;
        world.settle().await;
        let texts = world.texts_asked_for(&ada.phone);

        world.phone_replies_to(&ada.phone, SECOND, "STOP").await;
        world.settle().await;

        assert_eq!(acme.lead(&one).await["outcome"]["interest"], "Opted out");
        assert_eq!(other.lead(&two).await["outcome"]["interest"], "Opted out");
        assert_eq!(acme.lead(&three).await["outcome"]["interest"], "Opted out", "who was still waiting, too");
        assert_eq!(world.texts_asked_for(&ada.phone), texts);
    }

    async fn a_lead_called_off_leaves_its_number_to_the_next(world: World) {
        let member = world.member("acme").await;
        let leaving = Partner::connected(&world, &member).await;
        let staying = Partner::connected(&world, &member).await;
        let receiver = crate::world::Receiver::start(&world.clock).await;
        let webhook = leaving.subscribes(&receiver, &["lead.processed"]).await;
        let [ada, eva, _] = people_at_one_phone(&world);
        leaving.sends(&ada).await;
        world.settle().await;
        let next = staying.sends(&eva).await;
        world.settle().await;
        assert_eq!(staying.lead(&next).await["status"], "pending");

        leaving.delete(&format!("/api/v1/webhooks/{webhook}")).await.expect(204);
        world.settle().await;

        assert_eq!(staying.lead(&next).await["status"], "contacted");
    }
}

/// The first lead talks alone; when it ends, the second begins.
async fn takes_turns(world: &World, one: &Partner, two: &Partner) {
    let [ada, eva, _] = people_at_one_phone(world);
    let first = one.sends(&ada).await;
    world.settle().await;
    let second = two.sends(&eva).await;
    world.settle().await;
    assert_eq!(one.lead(&first).await["status"], "contacted");
    assert_eq!(two.lead(&second).await["status"], "pending");
    assert_eq!(world.texts_to(&ada.phone).len(), 1);

    world.sms.reply(&ada.phone, "no thanks").await.unwrap();
    world.settle().await;
    assert_eq!(one.lead(&first).await["outcome"]["interest"], "Not interested");
    assert_eq!(two.lead(&second).await["status"], "contacted");

    world.sms.reply(&ada.phone, "yes").await.unwrap();
    world.settle().await;
    assert_eq!(two.lead(&second).await["outcome"]["interest"], "Hot");
}

fn people_at_one_phone(world: &World) -> [Somebody; 3] {
    at_one_phone(world, 3).try_into().expect("three are three")
}

/// People who gave the same number, each with a record and a first name of their own.
fn at_one_phone(world: &World, count: usize) -> Vec<Somebody> {
    let phone = world.somebody().phone;
    let names = ["Ada", "Eva", "Zoe"].into_iter().take(count);
    names.map(|name| Somebody { record: format!("rec_{name}"), name: name.to_owned(), phone: phone.clone() }).collect()
}

/// Which of our numbers sent this person the first text.
fn number_that_greeted(world: &World, somebody: &Somebody) -> String {
    let greeting = format!("Hi {},", somebody.name);
    let texts = world.sms.thread(&somebody.phone);
    let first = texts.into_iter().find(|text| text.body.starts_with(&greeting)).expect("the person was texted");
    assert!([FIRST, SECOND].contains(&first.number.as_str()));
    first.number
}
