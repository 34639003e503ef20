//! The first moment at which somebody may be texted who may be in any of several time zones.
//!
//! What is allowed is asked of single moments, so changes of the clock need no thought: whatever a zone's clock shows decides. What
//! is quiet can only become allowed where a zone's hours open or its clock jumps, so those moments are all that are tried.

use jiff::civil::{Date, Time};
use jiff::tz::{Disambiguation, TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp as Instant};

use super::Hours;
use crate::time::Timestamp;

/// A week holds every day there is; the second one, for a day whose hours the clock jumped over.
const DAYS: i64 = 15;

/// When somebody may be texted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub at: Timestamp,
    /// Whether it is no quiet time in any of the zones. Where they leave no common moment (a narrow window, and a country from one
    /// ocean to the other), it is the first at which it is quiet in as few of them as possible.
    pub suits_all: bool,
}

/// `now` if it is allowed in all zones, else the next moment at which it is. `zones` are IANA names; unknown ones, and none at all,
/// count as UTC.
pub fn next_allowed(now: Timestamp, zones: &[&str], hours: Hours) -> Moment {
    let Ok(start) = Instant::from_millisecond(now.as_millis()) else { return Moment { at: now, suits_all: true } };
    let bundled = TimeZoneDatabase::bundled();
    let mut zones: Vec<TimeZone> = zones.iter().map(|zone| bundled.get(zone).unwrap_or(TimeZone::UTC)).collect();
    if zones.is_empty() {
        zones.push(TimeZone::UTC);
    }
    let mut tried: Vec<Instant> = zones.iter().flat_map(|zone| openings(start, zone, hours)).collect();
    tried.push(start);
    tried.sort_unstable();
    tried.dedup();
    let (mut best, mut most) = (start, 0);
    for moment in tried {
        let allowed = zones.iter().filter(|zone| is_allowed(moment, zone, hours)).count();
        if allowed > most {
            (best, most) = (moment, allowed);
        }
        if most == zones.len() {
            break;
        }
    }
    let at = if best == start { now } else { Timestamp::from_millis(best.as_millisecond()) };
    Moment { at, suits_all: most == zones.len() }
}

fn is_allowed(moment: Instant, zone: &TimeZone, hours: Hours) -> bool {
    let local = zone.to_datetime(moment);
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    let day = u8::try_from(local.date().weekday().to_monday_zero_offset()).unwrap_or_default();
    hours.days.contains(day) && u16::try_from(minute).is_ok_and(|minute| hours.of_the_day.contains(minute))
}

/// Every moment from `start` on at which quiet may end in this zone.
fn openings(start: Instant, zone: &TimeZone, hours: Hours) -> Vec<Instant> {
    let today = zone.to_datetime(start).date();
    let opens = Time::midnight().saturating_add(Span::new().minutes(hours.of_the_day.from()));
    let days = (-1..=DAYS).filter_map(|day| today.checked_add(Span::new().days(day)).ok());
    let of_days = days.flat_map(|day: Date| {
        // An hour that comes twice opens twice.
        [Disambiguation::Earlier, Disambiguation::Later].into_iter().filter_map(move |which| {
            zone.to_ambiguous_zoned(day.to_datetime(opens)).disambiguate(which).ok().map(|zoned| zoned.timestamp())
        })
    });
    let end = start.saturating_add(Span::new().hours(24 * DAYS)).unwrap_or(start);
    let jumps = zone.following(start).map(|jump| jump.timestamp()).take_while(move |jump| *jump <= end);
    // A day that the date line took away begins when its hours would have.
    of_days.chain(jumps).filter(|moment| *moment >= start).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<Instant>().unwrap().as_millisecond())
    }

    fn hours(of_the_day: &str, days: &str) -> Hours {
        serde_json::from_value(serde_json::json!({ "hours": of_the_day, "days": days })).unwrap()
    }

    #[track_caller]
    fn assert_next(now: &str, zones: &[&str], hours: Hours, next: &str) {
        assert_eq!(next_allowed(at(now), zones, hours), Moment { at: at(next), suits_all: true });
    }

    #[test]
    fn what_is_allowed_now_waits_for_nothing() {
        assert_next("2026-11-21T07:00:00Z", &["Europe/Berlin"], Hours::default(), "2026-11-21T07:00:00Z");
        assert_next("2026-11-21T19:59:59.999Z", &["Europe/Berlin"], Hours::default(), "2026-11-21T19:59:59.999Z");
    }

    #[test]
    fn the_evening_waits_for_the_morning() {
        assert_next("2026-11-21T20:00:00Z", &["Europe/Berlin"], Hours::default(), "2026-11-22T07:00:00Z");
        assert_next("2026-11-22T06:59:59.999Z", &["Europe/Berlin"], Hours::default(), "2026-11-22T07:00:00Z");
        // No zone known: by the clock of UTC.
        assert_next("2026-11-21T23:00:00Z", &[], Hours::default(), "2026-11-22T08:00:00Z");
        assert_next("2026-11-21T23:00:00Z", &["Mars/Olympus"], Hours::default(), "2026-11-22T08:00:00Z");
    }

    #[test]
    fn the_strictest_of_several_zones_counts() {
        let coasts = ["America/New_York", "America/Los_Angeles"];
        // Nine in New York, six in Los Angeles.
        assert_next("2026-11-21T14:00:00Z", &coasts, Hours::default(), "2026-11-21T16:00:00Z");
        // Nine in the evening in New York.
        assert_next("2026-11-22T02:00:00Z", &coasts, Hours::default(), "2026-11-22T16:00:00Z");
    }

    #[test]
    fn days_are_the_local_ones() {
        let weekdays = hours("08:00-21:00", "mon,tue,wed,thu,fri");
        // A Saturday; Monday comes to Auckland while it is Sunday in UTC.
        assert_next("2026-11-21T12:00:00Z", &["Pacific/Auckland"], weekdays, "2026-11-22T19:00:00Z");
        assert_next("2026-11-21T12:00:00Z", &["Europe/Berlin"], weekdays, "2026-11-23T07:00:00Z");
    }

    #[test]
    fn clocks_that_change_are_followed() {
        // Spring forward in Berlin: 02:00 becomes 03:00; the hours of that day open where the gap ends.
        let at_night = hours("02:30-05:00", "mon,tue,wed,thu,fri,sat,sun");
        assert_next("2026-03-29T00:00:00Z", &["Europe/Berlin"], at_night, "2026-03-29T01:00:00Z");
        // The hours of the gap alone are not there that day.
        let in_the_gap = hours("02:00-03:00", "mon,tue,wed,thu,fri,sat,sun");
        assert_next("2026-03-29T00:00:00Z", &["Europe/Berlin"], in_the_gap, "2026-03-30T00:00:00Z");
        // Fall back: the hour from 02:00 comes twice, and is as good the second time.
        assert_next("2026-10-25T00:30:00Z", &["Europe/Berlin"], in_the_gap, "2026-10-25T00:30:00Z");
        let half = hours("02:00-02:30", "mon,tue,wed,thu,fri,sat,sun");
        assert_next("2026-10-25T00:30:00Z", &["Europe/Berlin"], half, "2026-10-25T01:00:00Z");
        // The ninth evening hour moves with the clock.
        assert_next("2026-10-25T07:00:00Z", &["Europe/Berlin"], Hours::default(), "2026-10-25T07:00:00Z");
        assert_next("2026-10-25T06:30:00Z", &["Europe/Berlin"], Hours::default(), "2026-10-25T07:00:00Z");
    }

    #[test]
    fn a_day_that_was_left_out_is_not_waited_for() {
        // Samoa had no 30 December 2011, a Friday: it jumped over the date line.
        let fridays = hours("08:00-21:00", "fri");
        assert_next("2011-12-29T12:00:00Z", &["Pacific/Apia"], fridays, "2012-01-05T18:00:00Z");
    }

    #[test]
    fn both_sides_of_the_date_line_have_common_hours() {
        let all = ["Pacific/Guam", "Pacific/Honolulu", "America/New_York", "America/St_Johns"];
        assert_next("2026-11-21T12:00:00Z", &all, Hours::default(), "2026-11-21T22:00:00Z");
    }

    #[test]
    fn without_a_common_moment_most_zones_are_spared() {
        let offices = hours("09:00-12:00", "mon,tue,wed,thu,fri,sat,sun");
        let zones = ["America/New_York", "America/Toronto", "Asia/Tokyo"];
        let next = next_allowed(at("2026-11-21T00:00:00Z"), &zones, offices);
        assert_eq!(next, Moment { at: at("2026-11-21T14:00:00Z"), suits_all: false });
    }

    fn zone() -> impl Strategy<Value = &'static str> {
        // Among them changes of half an hour, zones of 13 and -11 hours, and such as never change.
        prop::sample::select(vec![
            "Europe/Berlin",
            "America/New_York",
            "America/St_Johns",
            "America/Los_Angeles",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "Pacific/Pago_Pago",
            "Pacific/Chatham",
            "Asia/Kathmandu",
            "Asia/Tehran",
            "Africa/Casablanca",
            "America/Sao_Paulo",
            "Asia/Tokyo",
        ])
    }

    fn any_hours() -> impl Strategy<Value = Hours> {
        (0u16..24, 1u16..=24, 1u8..128).prop_filter_map("the end is later", |(from, length, days)| {
            let to = from + length;
            let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let days: Vec<_> =
                names.iter().enumerate().filter(|(day, _)| days >> day & 1 == 1).map(|(_, name)| *name).collect();
            (to <= 24).then(|| hours(&format!("{from:02}:00-{to:02}:00"), &days.join(",")))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn the_next_moment_is_allowed_and_the_first(
            // From 2005, in quarters of an hour: whole years of changes.
            quarters in 0i64..(20 * 365 * 96), zones in prop::collection::vec(zone(), 1..4), hours in any_hours()
        ) {
            let now = Timestamp::from_millis(1_104_537_600_000 + quarters * 900_000);
            let next = next_allowed(now, &zones, hours);
            prop_assert!(next.at >= now);
            let of_zones: Vec<_> = zones.iter().map(|zone| TimeZoneDatabase::bundled().get(zone).unwrap()).collect();
            let allowed = |at: Timestamp| {
                let at = Instant::from_millisecond(at.as_millis()).unwrap();
                of_zones.iter().filter(|zone| is_allowed(at, zone, hours)).count()
            };
            let most = allowed(next.at);
            prop_assert_eq!(next.suits_all, most == zones.len());
            // No quarter of an hour before is as good, and where it does not suit all, none of the two weeks is better.
            let mut before = now;
            while before < next.at {
                prop_assert!(allowed(before) < most, "{:?} would do", before);
                before = before.plus_millis(900_000);
            }
            if !next.suits_all {
                for quarter in 0..(14 * 96) {
                    prop_assert!(allowed(now.plus_millis(quarter * 900_000)) <= most);
                }
            }
        }
    }
}
