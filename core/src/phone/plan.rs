//! The numbering plans: `core/plans/plans.bin`, read where it lies; nothing is unpacked beforehand.
//!
//! The table is made by `cargo xtask plans` from Google's libphonenumber metadata; its last line says from which
//! version. Numbers are little-endian, offsets count from the start of the table:
//!
//! | part | content |
//! |---|---|
//! | header | u16 each: how many plans, offsets of the rules, the length sets, the line of provenance |
//! | index, 6 bytes each | u16 calling code, two letters of the region (zeros for networks of no country), u16 offset of the plan; plans that share a calling code stand together, the main one first |
//! | plan | u16 each, 0 for none: the patterns of international prefix, national prefix, leading digits, any number; u8 each: rule, length set; u16: a bit for each kind of number, then for each bit set u16 pattern, u8 length set |
//! | rules | u8 length, then digits in ASCII with 0x11 and 0x12 for what the groups of the national prefix hold |
//! | length sets | 24 bits: bit n for numbers of n digits |
//! | patterns | see [`pattern`](super::pattern) |

use super::pattern::{self, Found};

static TABLE: &[u8] = include_bytes!("../../plans/plans.bin");

/// What a number is for, in the order in which the first that fits decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    PremiumRate,
    TollFree,
    SharedCost,
    Voip,
    Personal,
    Pager,
    Uan,
    Voicemail,
    FixedLine,
    Mobile,
    /// Some plans give both the same numbers.
    FixedLineOrMobile,
}

impl Kind {
    /// As the bits of a plan count.
    const ALL: [Self; 10] = [
        Self::PremiumRate,
        Self::TollFree,
        Self::SharedCost,
        Self::Voip,
        Self::Personal,
        Self::Pager,
        Self::Uan,
        Self::Voicemail,
        Self::FixedLine,
        Self::Mobile,
    ];
}

/// How long a number is for its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    TooShort,
    Possible,
    /// Between others that are possible.
    Gap,
    TooLong,
}

/// One numbering plan: a place in the index of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    entry: usize,
}

const HEADER: usize = 8;
const ENTRY: usize = 6;

// Places within a plan.
const INTERNATIONAL_PREFIX: usize = 0;
const NATIONAL_PREFIX: usize = 2;
const LEADING_DIGITS: usize = 4;
const ANY_NUMBER: usize = 6;
const RULE: usize = 8;
const LENGTHS: usize = 9;
const KINDS: usize = 10;
const DESCRIBED: usize = 12;

impl Plan {
    fn all() -> impl Iterator<Item = Self> {
        Self::from(0)
    }

    fn from(number: usize) -> impl Iterator<Item = Self> {
        (number..usize::from(u16_at(0))).map(|number| Self { entry: HEADER + number * ENTRY })
    }

    pub(super) fn of_region(letters: [u8; 2]) -> Option<Self> {
        if !letters.iter().all(u8::is_ascii_uppercase) {
            return None;
        }
        Self::all().find(|plan| plan.letters() == letters)
    }

    /// The main plan of a calling code.
    pub(super) fn of_calling_code(code: u16) -> Option<Self> {
        Self::sharing(code).next()
    }

    fn sharing(code: u16) -> impl Iterator<Item = Self> {
        let (mut first, mut end) = (0, usize::from(u16_at(0)));
        while first < end {
            let middle = usize::midpoint(first, end);
            if u16_at(HEADER + middle * ENTRY) < code { first = middle + 1 } else { end = middle }
        }
        Self::from(first).take_while(move |plan| plan.calling_code() == code)
    }

    pub(super) fn calling_code(self) -> u16 {
        u16_at(self.entry)
    }

    fn letters(self) -> [u8; 2] {
        [TABLE[self.entry + 2], TABLE[self.entry + 3]]
    }

    /// None for networks of no country.
    pub(super) fn region(self) -> Option<[u8; 2]> {
        Some(self.letters()).filter(|letters| *letters != [0; 2])
    }

    fn start(self) -> usize {
        usize::from(u16_at(self.entry + 4))
    }

    fn pattern(self, place: usize) -> Option<&'static [u8]> {
        pattern_at(u16_at(self.start() + place))
    }

    /// What is dialled here before a calling code.
    pub(super) fn international_prefix(self, digits: &[u8]) -> Option<Found> {
        pattern::find(self.pattern(INTERNATIONAL_PREFIX)?, digits)
    }

    /// What is dialled here before a national number.
    pub(super) fn national_prefix(self, digits: &[u8]) -> Option<Found> {
        pattern::find(self.pattern(NATIONAL_PREFIX)?, digits)
    }

    /// What stands in the place of the national prefix; empty where it is just left out.
    pub(super) fn rule(self) -> &'static [u8] {
        let mut at = usize::from(u16_at(2));
        for _ in 0..TABLE[self.start() + RULE] {
            at += 1 + usize::from(TABLE[at]);
        }
        &TABLE[at + 1..=at + usize::from(TABLE[at])]
    }

    /// Whether this can be a number of the plan, its length aside.
    pub(super) fn looks_right(self, national: &[u8]) -> bool {
        self.pattern(ANY_NUMBER).is_some_and(|pattern| pattern::fits(pattern, national))
    }

    pub(super) fn length(self, digits: usize) -> Length {
        let lengths = lengths(TABLE[self.start() + LENGTHS]);
        let digits = u32::try_from(digits).unwrap_or(u32::MAX);
        match lengths.checked_shr(digits) {
            Some(longer) if longer & 1 == 1 => Length::Possible,
            None | Some(0) => Length::TooLong,
            Some(_) if digits < lengths.trailing_zeros() => Length::TooShort,
            Some(_) => Length::Gap,
        }
    }

    fn kind(self, national: &[u8]) -> Option<Kind> {
        let start = self.start();
        if !has_length(TABLE[start + LENGTHS], national) || !self.looks_right(national) {
            return None;
        }
        let present = u16_at(start + KINDS);
        let mut at = start + DESCRIBED;
        let mut fixed_line = None;
        for (bit, kind) in Kind::ALL.into_iter().enumerate() {
            if present >> bit & 1 == 0 {
                continue;
            }
            let fits = has_length(TABLE[at + 2], national)
                && pattern_at(u16_at(at)).is_some_and(|pattern| pattern::fits(pattern, national));
            at += 3;
            match (kind, fits) {
                (Kind::FixedLine, true) => fixed_line = Some(Kind::FixedLine),
                (Kind::Mobile, true) if fixed_line.is_some() => return Some(Kind::FixedLineOrMobile),
                (kind, true) => return Some(kind),
                (_, false) => {}
            }
        }
        fixed_line
    }

    fn has_leading_digits(self, national: &[u8]) -> bool {
        self.pattern(LEADING_DIGITS).is_some_and(|pattern| pattern::find(pattern, national).is_some())
    }
}

/// The plan a number belongs to, and its kind there.
pub(super) fn owner(calling_code: u16, national: &[u8]) -> Option<(Plan, Kind)> {
    let mut plans = Plan::sharing(calling_code);
    let is_shared = Plan::sharing(calling_code).nth(1).is_some();
    plans.find_map(|plan| match plan.kind(national) {
        // Leading digits settle it even where the number turns out to be of no kind.
        None if !is_shared || plan.has_leading_digits(national) => Some(None),
        kind => kind.map(|kind| Some((plan, kind))),
    })?
}

fn u16_at(at: usize) -> u16 {
    u16::from_le_bytes([TABLE[at], TABLE[at + 1]])
}

fn pattern_at(offset: u16) -> Option<&'static [u8]> {
    TABLE.get(usize::from(offset)..).filter(|_| offset > 0)
}

fn lengths(set: u8) -> u32 {
    let at = usize::from(u16_at(4)) + usize::from(set) * 3;
    u32::from_le_bytes([TABLE[at], TABLE[at + 1], TABLE[at + 2], 0])
}

fn has_length(set: u8, national: &[u8]) -> bool {
    let length = u32::try_from(national.len()).unwrap_or(u32::MAX);
    lengths(set).checked_shr(length).is_some_and(|lengths| lengths & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_where_it_comes_from() {
        let provenance = std::str::from_utf8(&TABLE[usize::from(u16_at(6))..]).unwrap();
        assert!(provenance.starts_with("From libphonenumber-js@"), "{provenance}");
        assert!(provenance.ends_with("derived from Google's libphonenumber (Apache-2.0).\n"), "{provenance}");
    }

    #[test]
    fn plans_are_ordered_and_complete() {
        let codes: Vec<u16> = Plan::all().map(Plan::calling_code).collect();
        assert!(codes.is_sorted());
        assert_eq!(Plan::all().filter(|plan| plan.region().is_none()).count(), 9);
        assert!(codes.len() > 250);
        for plan in Plan::all().filter_map(Plan::region) {
            assert_eq!(Plan::of_region(plan).and_then(Plan::region), Some(plan));
        }
    }

    #[test]
    fn main_plans_come_first() {
        let main = |code| Plan::of_calling_code(code).and_then(Plan::region);
        for (code, region) in [(1, *b"US"), (7, *b"RU"), (44, *b"GB"), (39, *b"IT"), (47, *b"NO"), (590, *b"GP")] {
            assert_eq!(main(code), Some(region));
        }
        assert_eq!(Plan::of_calling_code(999), None);
        assert_eq!(Plan::of_region([0, 0]), None);
    }

    #[test]
    fn lengths_are_judged() {
        let germany = Plan::of_region(*b"DE").unwrap();
        assert_eq!(germany.length(3), Length::TooShort);
        assert_eq!(germany.length(10), Length::Possible);
        assert_eq!(germany.length(16), Length::TooLong);
        assert_eq!(germany.length(4000), Length::TooLong);
    }
}
