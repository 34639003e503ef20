//! The time zones in which the owner of a number may be: `core/plans/zones.bin`, read where it lies.
//!
//! The table is made by `cargo xtask plans` from Google's libphonenumber metadata; its last line says from which version. Numbers
//! are little-endian, offsets count from the start of the table:
//!
//! | part | content |
//! |---|---|
//! | header | u16 each: how many prefixes, offset of the line of provenance |
//! | index, 6 bytes each | u32 the first digits of an international number, in rising order; u16 offset of its set |
//! | names | u8 length, then the zone's IANA name |
//! | sets | u8 how many, then a u16 for each: offset of its name |

use super::plan::{self, Kind, Plan};
use super::{Region, dialled, typed};

static TABLE: &[u8] = include_bytes!("../../plans/zones.bin");

const HEADER: usize = 4;
const ENTRY: usize = 6;

/// The digits of the longest prefix.
const LONGEST: usize = 9;

/// IANA names, such as `Europe/Berlin`. A number with an area code has the zones of its area. One that only says its country (a
/// mobile outside of North America, say) may be anywhere in it, and has all of the country's. None for numbers of no country
/// (satellite phones, say).
pub fn zones_of_number(e164: &str) -> Vec<&'static str> {
    let number = typed::number_in(e164).and_then(|number| dialled::read(&number, None));
    let Some(number) = number else { return Vec::new() };
    let kind = plan::owner(number.calling_code, &number.national).map(|(_, kind)| kind);
    let zones = if matches!(kind, Some(Kind::FixedLine | Kind::FixedLineOrMobile)) {
        of_longest_prefix(number.to_e164().trim_start_matches('+'))
    } else {
        set(number.calling_code.into())
    };
    zones.unwrap_or_default()
}

fn of_longest_prefix(digits: &str) -> Option<Vec<&'static str>> {
    let longest = digits.len().min(LONGEST);
    (1..=longest).rev().find_map(|length| digits.get(..length)?.parse().ok().and_then(set))
}

/// All zones of the countries that share the region's calling code.
pub fn zones_of_region(region: Region) -> Vec<&'static str> {
    Plan::of_region(region.0).and_then(|plan| set(plan.calling_code().into())).unwrap_or_default()
}

fn set(prefix: u32) -> Option<Vec<&'static str>> {
    let (mut first, mut end) = (0, usize::from(u16_at(0)));
    while first < end {
        let middle = usize::midpoint(first, end);
        if prefix_at(middle) < prefix { first = middle + 1 } else { end = middle }
    }
    if first == usize::from(u16_at(0)) || prefix_at(first) != prefix {
        return None;
    }
    let at = usize::from(u16_at(HEADER + first * ENTRY + 4));
    Some((0..usize::from(TABLE[at])).map(|zone| name(usize::from(u16_at(at + 1 + zone * 2)))).collect())
}

fn name(at: usize) -> &'static str {
    std::str::from_utf8(&TABLE[at + 1..=at + usize::from(TABLE[at])]).unwrap_or_default()
}

fn prefix_at(entry: usize) -> u32 {
    let at = HEADER + entry * ENTRY;
    u32::from_le_bytes([TABLE[at], TABLE[at + 1], TABLE[at + 2], TABLE[at + 3]])
}

fn u16_at(at: usize) -> u16 {
    u16::from_le_bytes([TABLE[at], TABLE[at + 1]])
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use jiff::tz::TimeZoneDatabase;
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_table_is_that_of_the_pinned_version() {
        let (content, provenance) = TABLE.split_at(usize::from(u16_at(2)));
        let provenance = std::str::from_utf8(provenance).unwrap();
        let pinned = include_str!("../../plans/requirements.txt");
        let version = pinned.split_whitespace().find(|word| word.starts_with("phonenumbers==")).unwrap();
        assert!(
            provenance.starts_with(&format!("From {version} (Apache-2.0)")),
            "run `cargo xtask plans`: {provenance}"
        );
        let sum = Sha256::digest(content).iter().fold(String::new(), |mut sum, byte| {
            write!(sum, "{byte:02x}").unwrap();
            sum
        });
        assert!(
            provenance.ends_with(&format!("SHA-256 {sum}\n")),
            "edited by hand? run `cargo xtask plans`: {provenance}"
        );
    }

    #[test]
    fn prefixes_are_ordered_and_their_zones_are_known() {
        let count = usize::from(u16_at(0));
        let prefixes: Vec<u32> = (0..count).map(prefix_at).collect();
        assert!(prefixes.is_sorted() && count > 3000);
        let bundled = TimeZoneDatabase::bundled();
        for prefix in prefixes {
            for zone in set(prefix).unwrap() {
                assert!(bundled.get(zone).is_ok(), "{prefix}: {zone}");
            }
        }
    }

    #[test]
    fn an_area_code_has_the_zones_of_its_area() {
        assert_eq!(zones_of_number("+493012345678"), ["Europe/Berlin"]);
        assert_eq!(zones_of_number("+12125550123"), ["America/New_York"]);
        assert_eq!(zones_of_number("+18085550123"), ["Pacific/Honolulu"]);
        // An area code of two zones.
        assert_eq!(zones_of_number("+12085550123"), ["America/Boise", "America/Los_Angeles"]);
    }

    #[test]
    fn a_mobile_may_be_anywhere_in_its_country() {
        assert_eq!(zones_of_number("+4915112345678"), ["Europe/Berlin"]);
        let australian = zones_of_number("+61412345678");
        assert!(australian.contains(&"Australia/Perth") && australian.contains(&"Australia/Sydney"), "{australian:?}");
        let russian = zones_of_number("+79161234567");
        assert!(russian.contains(&"Europe/Moscow") && russian.contains(&"Asia/Kamchatka"), "{russian:?}");
    }

    #[test]
    fn numbers_of_no_country_have_no_zone() {
        for number in ["+881612345678", "+999", "+", "", "ada"] {
            assert_eq!(zones_of_number(number), [""; 0], "{number}");
        }
    }

    #[test]
    fn a_region_has_the_zones_of_its_calling_code() {
        assert_eq!(zones_of_region(Region::parse("DE").unwrap()), ["Europe/Berlin"]);
        assert!(zones_of_region(Region::parse("GB").unwrap()).contains(&"Europe/London"));
        for plan in ["US", "RU", "AU", "BR", "NZ", "ES", "PT"] {
            assert!(zones_of_region(Region::parse(plan).unwrap()).len() > 1, "{plan}");
        }
    }
}
