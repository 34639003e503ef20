//! Times as Attio writes them.

use jiff::Timestamp;

/// RFC 3339 in UTC with nine fraction digits.
pub(crate) fn wire_time(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

/// When a limit that counts by the second begins anew.
pub(crate) fn next_second(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second() + 1).unwrap_or(now)
}

/// Attio keeps milliseconds.
pub(crate) fn to_millis(moment: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(moment.as_millisecond()).unwrap_or(moment)
}
