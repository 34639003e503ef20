//! The hours of the day in which people may be texted, as a setting or a campaign has them.
//!
//! Text such as `08:00-21:00` and a list of days → [`Hours`] → [`next_allowed`], the moment at which nobody who may be meant is
//! disturbed.

#[cfg(feature = "hours")]
mod search;

use std::fmt;
use std::str::FromStr;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

#[cfg(feature = "hours")]
pub use self::search::{Moment, next_allowed};

const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// When people may be texted, by their own clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    #[serde(rename = "hours")]
    pub of_the_day: HoursOfDay,
    pub days: Days,
}

/// From a minute of the local day to another one of the same day, which is the first that is quiet again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoursOfDay {
    from: u16,
    to: u16,
}

/// Days of the week; at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u8);

/// A text that says no hours or days; it says how they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoHours {
    #[error("hours are written 08:00-21:00: from, to, both of the same day, the second later than the first")]
    HoursOfDay,
    #[error("days are written mon, tue, wed, thu, fri, sat, sun: at least one of them")]
    Days,
}

impl HoursOfDay {
    pub const fn from(self) -> u16 {
        self.from
    }

    pub const fn to(self) -> u16 {
        self.to
    }

    #[cfg(feature = "hours")]
    const fn contains(self, minute: u16) -> bool {
        self.from <= minute && minute < self.to
    }
}

/// What the strictest of the laws that we know of allow commercial texts in.
impl Default for HoursOfDay {
    fn default() -> Self {
        Self { from: 8 * 60, to: 21 * 60 }
    }
}

impl FromStr for HoursOfDay {
    type Err = NoHours;

    fn from_str(text: &str) -> Result<Self, NoHours> {
        let (from, to) = text.split_once('-').ok_or(NoHours::HoursOfDay)?;
        let (from, to) = (minute(from)?, minute(to)?);
        if from < to { Ok(Self { from, to }) } else { Err(NoHours::HoursOfDay) }
    }
}

/// `21:00` as the minute of the day; `24:00` is its end.
fn minute(text: &str) -> Result<u16, NoHours> {
    let (hour, minute) = text.trim().split_once(':').ok_or(NoHours::HoursOfDay)?;
    let number = |text: &str| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| is_number).ok_or(NoHours::HoursOfDay)
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let of_the_day = hour * 60 + minute;
    if minute < 60 && of_the_day <= MINUTES_OF_A_DAY { Ok(of_the_day) } else { Err(NoHours::HoursOfDay) }
}

impl fmt::Display for HoursOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl Serialize for HoursOfDay {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HoursOfDay {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

impl Days {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    pub const ALL: Self = Self(0b111_1111);

    /// `monday_is_0`: a day of the week.
    #[cfg(feature = "hours")]
    const fn contains(self, monday_is_0: u8) -> bool {
        self.0 >> monday_is_0 & 1 == 1
    }

    fn named<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Result<Self, NoHours> {
        let mut days = 0;
        for name in names {
            let name = name.as_ref().trim();
            let day = Self::NAMES.iter().position(|known| known.eq_ignore_ascii_case(name)).ok_or(NoHours::Days)?;
            days |= 1 << day;
        }
        if days == 0 { Err(NoHours::Days) } else { Ok(Self(days)) }
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().enumerate().filter(move |(day, _)| self.0 >> day & 1 == 1).map(|(_, name)| name)
    }
}

impl Default for Days {
    fn default() -> Self {
        Self::ALL
    }
}

impl Serialize for Days {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.names())
    }
}

/// A list, or for the environment, which has none, one text with commas.
impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Days;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", NoHours::Days)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Days, E> {
                Days::named(text.split(',')).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Days, A::Error> {
                let mut names = Vec::<String>::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                Days::named(names).map_err(de::Error::custom)
            }
        }

        from.deserialize_any(List)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hours_are_read_and_printed_as_people_write_them() {
        for text in ["08:00-21:00", "00:00-24:00", "09:30-09:31"] {
            assert_eq!(text.parse::<HoursOfDay>().unwrap().to_string(), text);
        }
        assert_eq!(HoursOfDay::default().to_string(), "08:00-21:00");
        for text in ["", "8-21", "08:00", "21:00-08:00", "08:00-08:00", "08:00-24:01", "08:60-09:00", "+8:00-21:00"] {
            assert_eq!(text.parse::<HoursOfDay>(), Err(NoHours::HoursOfDay), "{text}");
        }
    }

    #[test]
    fn days_are_a_list_or_a_text() {
        let weekdays = json!({ "hours": "08:00-21:00", "days": ["mon", "tue", "wed", "thu", "fri"] });
        let hours: Hours = serde_json::from_value(weekdays.clone()).unwrap();
        assert_eq!(serde_json::to_value(hours).unwrap(), weekdays);
        let same: Hours =
            serde_json::from_value(json!({ "hours": "08:00-21:00", "days": "Mon, tue,wed,thu,fri" })).unwrap();
        assert_eq!(hours, same);
        for days in [json!([]), json!(""), json!(["monday"]), json!(1)] {
            assert!(serde_json::from_value::<Days>(days.clone()).is_err(), "{days}");
        }
    }
}
