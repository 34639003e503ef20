//! Whether a text may go out at this hour, and how many may in a day.
//!
//! The phone's possible zones (core) and the hours of the settings → now, or the moment until which the text waits. A text that
//! waits is no failure: its job is put off, and the lead's page says until when.

use alc_core::hours::next_allowed;
use alc_core::phone::{zones_of_number, zones_of_region};
use alc_core::time::Timestamp;

use crate::app::region;
use crate::settings::Conduct;
use crate::store::holds::{HeldFor, Hold};
use crate::store::tallies::Caps;

/// What is known of who would be disturbed.
#[derive(Debug, Clone)]
pub struct Disturbed {
    /// E.164.
    pub phone: String,
    /// The workspace's region: where a number that says nothing of its place is taken to be.
    pub home: Option<String>,
    /// When the person last texted us in this conversation.
    pub heard_at: Option<Timestamp>,
}

impl Conduct {
    pub const fn caps(&self) -> Caps {
        Caps { per_phone: self.texts_per_phone_a_day, per_workspace: self.texts_per_workspace_a_day }
    }

    /// Until when the hours of the day keep a text to this person waiting.
    pub fn quiet_until(&self, person: &Disturbed, now: Timestamp) -> Option<Hold> {
        if !self.quiet_hours {
            return None;
        }
        let mut zones = zones_of_number(&person.phone);
        if zones.is_empty() {
            zones = region(person.home.as_deref()).map(zones_of_region).unwrap_or_default();
        }
        let next = next_allowed(now, &zones, self.hours());
        if next.at <= now {
            return None;
        }
        // Whoever has just texted is awake and waits for our answer: the quiet hours protect from texts that we begin with.
        let answers = person.heard_at.is_some_and(|heard_at| now.since(heard_at) <= self.answer_within_s * 1000);
        (!answers).then_some(Hold { until: next.at, reason: HeldFor::QuietHours })
    }
}

#[cfg(test)]
mod tests {
    use alc_core::hours::{Days, HoursOfDay};

    use super::*;

    const CONDUCT: fn() -> Conduct = || Conduct {
        quiet_hours: true,
        hours: HoursOfDay::default(),
        days: Days::ALL,
        answer_within_s: 900,
        texts_per_phone_a_day: 0,
        texts_per_workspace_a_day: 0,
        conversations_per_phone: 0,
        conversations_within_s: 0,
        consent_required: false,
    };

    fn held(phone: &str, home: Option<&str>, heard_at: Option<i64>, now: i64) -> Option<i64> {
        let heard_at = heard_at.map(|at| Timestamp::from_millis(at * 1000));
        let person = Disturbed { phone: phone.to_owned(), home: home.map(str::to_owned), heard_at };
        let hold = CONDUCT().quiet_until(&person, Timestamp::from_millis(now * 1000));
        hold.map(|hold| hold.until.as_seconds())
    }

    /// 2026-11-21T00:00:00Z.
    const MIDNIGHT: i64 = 1_795_219_200;
    const HOUR: i64 = 3600;

    #[test]
    fn a_number_that_says_no_place_is_at_home() {
        let satellite = "+881612345678";
        assert_eq!(held(satellite, Some("JP"), None, MIDNIGHT + HOUR), None);
        assert_eq!(held(satellite, Some("DE"), None, MIDNIGHT), Some(MIDNIGHT + 7 * HOUR));
        assert_eq!(held(satellite, None, None, MIDNIGHT), Some(MIDNIGHT + 8 * HOUR), "by the clock of UTC");
    }

    #[test]
    fn an_answer_may_go_out_for_a_while() {
        let german = "+4915112345678";
        assert_eq!(held(german, None, Some(MIDNIGHT - 900), MIDNIGHT), None);
        assert_eq!(held(german, None, Some(MIDNIGHT - 901), MIDNIGHT), Some(MIDNIGHT + 7 * HOUR));
    }
}
