//! Quiet hours: a text that we begin with waits for the morning of whoever may get it, and the lead's page says so. Whoever texts us at
//! night is answered at night.

use std::time::Duration;

use alc_core::time::Timestamp;
use alc_server::door::Clock as _;
use jiff::civil::time;
use serde_json::Value;

use crate::world::{Inbound, Inhabited as _, Partner, Somebody, World};

const GERMAN: &str = "+4915112345678";
/// An area code of two zones, an hour apart.
const IDAHO: &str = "+12085550123";
/// Of a satellite network: it says nothing of its place.
const SATELLITE: &str = "+881612345678";

/// Nobody answers there.
const NOWHERE: &str = "http://127.0.0.1:9/";

stories! {
    async fn a_first_text_waits_for_the_morning(world: World, ALC_CONDUCT__QUIET_HOURS = "true") {
        let partner = Partner::operator(&world, "acme").await;
        it_is(&world, "Europe/Berlin", 3).await;
        let lead = partner.sends(&somebody(GERMAN)).await;
        world.settle().await;

        let morning = next(&world, "Europe/Berlin", 8);
        assert_waits_until(&partner.lead(&lead).await, morning);
        until(&world, morning.plus_millis(-1)).await;
        assert_eq!(world.texts_asked_for(GERMAN), 0);
        assert_eq!(partner.lead(&lead).await["status"], "pending");
        until(&world, morning).await;

        let lead = partner.lead(&lead).await;
        assert_eq!((&lead["status"], &lead["waitingUntil"], &lead["waitingFor"]), (&"contacted".into(), &Value::Null, &Value::Null));
        assert_eq!(world.texts_to(GERMAN).len(), 1);
        assert_eq!(world.dead_letters().await, [""; 0]);
    }

    async fn by_day_nothing_waits(world: World, ALC_CONDUCT__QUIET_HOURS = "true") {
        let partner = Partner::operator(&world, "acme").await;
        it_is(&world, "Europe/Berlin", 15).await;
        let lead = partner.sends(&somebody(GERMAN)).await;
        world.settle().await;

        let lead = partner.lead(&lead).await;
        assert_eq!((&lead["status"], &lead["waitingUntil"]), (&"contacted".into(), &Value::Null));
    }

    async fn of_two_zones_the_later_morning_counts(world: World, ALC_CONDUCT__QUIET_HOURS = "true") {
        let partner = Partner::operator(&world, "acme").await;
        // Half past eight in the south of Idaho; half past seven in its north.
        it_is(&world, "America/Boise", 8).await;
        world.later(Duration::from_mins(30)).await;
        let lead = partner.sends(&somebody(IDAHO)).await;
        world.settle().await;

        let morning = next(&world, "America/Los_Angeles", 8);
        assert_waits_until(&partner.lead(&lead).await, morning);
        until(&world, morning).await;
        assert_eq!(partner.lead(&lead).await["status"], "contacted");
    }

    async fn a_number_of_no_place_is_where_the_workspace_is(world: World, ALC_CONDUCT__QUIET_HOURS = "true") {
        // The workspaces of stories are British.
        let partner = Partner::operator(&world, "acme").await;
        it_is(&world, "Europe/London", 22).await;
        let lead = partner.sends(&somebody(SATELLITE)).await;
        world.settle().await;

        let morning = next(&world, "Europe/London", 8);
        assert_waits_until(&partner.lead(&lead).await, morning);
        until(&world, morning).await;
        assert_eq!(partner.lead(&lead).await["status"], "contacted");
    }

    async fn only_the_days_that_are_set_count(
        world: World, ALC_CONDUCT__QUIET_HOURS = "true", ALC_CONDUCT__HOURS = "09:00-10:00", ALC_CONDUCT__DAYS = "mon"
    ) {
        let partner = Partner::operator(&world, "acme").await;
        it_is(&world, "Europe/Berlin", 12).await;
        let lead = partner.sends(&somebody(GERMAN)).await;
        world.settle().await;

        let waits: jiff::Timestamp = partner.lead(&lead).await["waitingUntil"].as_str().unwrap().parse().unwrap();
        let waits = waits.in_tz("Europe/Berlin").unwrap();
        assert_eq!((waits.weekday(), waits.time()), (jiff::civil::Weekday::Monday, time(9, 0, 0, 0)));
    }

    async fn whoever_texts_at_night_is_answered(world: World, ALC_CONDUCT__QUIET_HOURS = "true") {
        let partner = Partner::operator(&world, "acme").await;
        it_is(&world, "Europe/Berlin", 20).await;
        let lead = partner.sends(&somebody(GERMAN)).await;
        world.settle().await;
        it_is(&world, "Europe/Berlin", 3).await;

        world.sms.reply(GERMAN, "hm").await.unwrap();
        world.settle().await;
        assert_eq!(world.texts_to(GERMAN).len(), 2, "asked again");
        world.sms.reply(GERMAN, "yes").await.unwrap();
        world.settle().await;
        assert_eq!(world.texts_to(GERMAN).len(), 3, "and thanked");
        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "Hot");
    }

    /// She texted before nine, but the gateway could not bring it, and we look into its inbox when she sleeps.
    async fn an_answer_that_is_late_waits_unless_she_texts_again(world: World, ALC_CONDUCT__QUIET_HOURS = "true") {
        let partner = Partner::operator(&world, "acme").await;
        it_is(&world, "Europe/Berlin", 20).await;
        let lead = partner.sends(&somebody(GERMAN)).await;
        world.settle().await;
        world.sms.set_inbound(NOWHERE);
        world.sms.reply(GERMAN, "hm").await.unwrap_err();
        it_is(&world, "Europe/Berlin", 22).await;

        assert_eq!(world.texts_to(GERMAN).len(), 1);
        let waiting = partner.lead(&lead).await;
        assert_eq!(waiting["status"], "in_conversation");
        assert_waits_until(&waiting, next(&world, "Europe/Berlin", 8));
        world.gateway_brings(&Inbound { sid: "SM000000000000000000000000000a91e7", from: GERMAN, body: "yes" }).await.expect(200);
        world.settle().await;
        assert_eq!(world.texts_to(GERMAN).len(), 3, "what waited, and the thanks");
    }

    async fn who_waits_is_not_silent(
        world: World, ALC_CONDUCT__QUIET_HOURS = "true", ALC_CONVERSATION__SILENCE_S = "3600"
    ) {
        let partner = Partner::operator(&world, "acme").await;
        it_is(&world, "Europe/Berlin", 23).await;
        let lead = partner.sends(&somebody(GERMAN)).await;
        world.settle().await;

        let morning = next(&world, "Europe/Berlin", 8);
        until(&world, morning).await;
        assert_eq!(partner.lead(&lead).await["status"], "contacted");
        until(&world, morning.plus_millis(3_599_999)).await;
        assert_eq!(partner.lead(&lead).await["status"], "contacted", "the hour is counted from the text");
        until(&world, morning.plus_millis(3_600_000)).await;
        assert_eq!(partner.lead(&lead).await["outcome"]["interest"], "No reply");
    }

    async fn the_last_deadline_does_not_wait(
        world: World, ALC_CONDUCT__QUIET_HOURS = "true", ALC_CONVERSATION__LAST_DEADLINE_S = "7200"
    ) {
        let partner = Partner::operator(&world, "acme").await;
        it_is(&world, "Europe/Berlin", 23).await;
        let lead = partner.sends(&somebody(GERMAN)).await;
        world.settle().await;
        world.later(Duration::from_hours(2)).await;

        let failed = partner.lead(&lead).await;
        assert_eq!((&failed["status"], &failed["waitingUntil"]), (&"failed".into(), &Value::Null));
        world.later(Duration::from_hours(24)).await;
        assert_eq!(world.texts_asked_for(GERMAN), 0);
    }

    async fn a_sandbox_sleeps_never(world: World, ALC_CONDUCT__QUIET_HOURS = "true") {
        let partner = Partner::operator(&world, "acme").await;
        world.operator().set_workspace_mode("acme", alc_server::store::workspaces::Mode::Test).await.unwrap();
        it_is(&world, "Europe/Berlin", 3).await;
        let lead = partner.sends(&somebody(GERMAN)).await;
        world.settle().await;
        assert_eq!(partner.lead(&lead).await["status"], "contacted");
    }
}

fn somebody(phone: &str) -> Somebody {
    Somebody { record: "rec_night".to_owned(), name: "Nina Nacht".to_owned(), phone: phone.to_owned() }
}

/// Time goes by until a clock in that zone strikes this hour.
async fn it_is(world: &World, zone: &str, hour: i8) {
    let at = next(world, zone, hour);
    until(world, at).await;
}

/// When a clock in that zone strikes this hour next, after this moment.
fn next(world: &World, zone: &str, hour: i8) -> Timestamp {
    let now = jiff::Timestamp::from_millisecond(world.clock.now().as_millis()).unwrap().in_tz(zone).unwrap();
    let today = now.with().time(time(hour, 0, 0, 0)).build().unwrap();
    let next = if today > now { today } else { today.tomorrow().unwrap() };
    Timestamp::from_millis(next.timestamp().as_millisecond())
}

async fn until(world: &World, at: Timestamp) {
    let wait = u64::try_from(at.since(world.clock.now())).expect("time does not go back");
    world.later(Duration::from_millis(wait)).await;
}

#[track_caller]
fn assert_waits_until(lead: &Value, at: Timestamp) {
    let waits: jiff::Timestamp = lead["waitingUntil"].as_str().expect("it waits").parse().unwrap();
    assert_eq!((waits.as_millisecond(), &lead["waitingFor"]), (at.as_millis(), &"quiet_hours".into()), "{lead}");
}
