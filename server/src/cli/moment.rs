//! A moment as people type it: how long ago (30m, 24h, 7d), or RFC 3339.

use alc_core::time::Timestamp;
use jiff::SignedDuration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Ago(SignedDuration),
    At(Timestamp),
}

impl Moment {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok());
        let ago = match days.and_then(|days| days.checked_mul(24)) {
            Some(hours) => Some(SignedDuration::from_hours(hours.min(i64::from(u32::MAX)))),
            None => text.parse().ok(),
        };
        if let Some(ago) = ago.filter(|ago: &SignedDuration| !ago.is_negative()) {
            return Ok(Self::Ago(ago));
        }
        let at: Result<jiff::Timestamp, _> = text.parse();
        at.map(|at| Self::At(Timestamp::from_millis(at.as_millisecond())))
            .map_err(|_| "it must be how long ago, like 30m, 24h or 7d, or a time like 2026-11-21T10:00:00Z".to_owned())
    }

    pub(super) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.plus_millis(-i64::try_from(ago.as_millis()).unwrap_or(i64::MAX)),
        }
    }
}

/// A length of time as people type it (90m, 24h, 2d), in seconds.
pub(super) fn seconds(text: &str) -> Result<i64, String> {
    match Moment::parse(text) {
        Ok(Moment::Ago(length)) => Ok(length.as_secs()),
        _ => Err("it must be a length of time like 90m, 24h or 2d".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_type_them() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let before = |text: &str| Moment::parse(text).map(|moment| now.since(moment.before(now)) / 1000);
        assert_eq!(before("30m"), Ok(1_800));
        assert_eq!(before("24h"), Ok(86_400));
        assert_eq!(before("7d"), Ok(604_800));
        assert_eq!(before("2027-01-15T08:00:00Z"), Ok(0));
        assert_eq!((seconds("2d"), seconds("90m")), (Ok(172_800), Ok(5_400)));
        assert!(seconds("2027-01-15T08:00:00Z").is_err());
        for odd in ["", "yesterday", "-1h", "7", "d", "2027-01-15"] {
            assert!(before(odd).is_err(), "{odd}");
        }
    }
}
