//! From a written number to the number that is dialled from abroad: calling code and national number, as libphonenumber
//! reads them. Prefixes are taken off by the plan of the region the writer stands in.

use super::plan::{Length, Plan};
use super::scripts::{digit, is_plus, key};

/// Shorter ones are codes that only work within a network.
const SHORTEST: usize = 2;
const LONGEST: usize = 17;
/// More leading zeros than this are not printed.
const LEADING_ZEROS: usize = 10;

/// A number complete with its calling code; whether anybody has it is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialled {
    pub(super) calling_code: u16,
    /// Digits by value; leading zeros belong to the number (Italy).
    pub(super) national: Vec<u8>,
}

impl Dialled {
    pub(super) fn to_e164(&self) -> String {
        let digits = digits_of_code(self.calling_code).chain(self.national.iter().copied());
        std::iter::once('+').chain(digits.map(|digit| char::from(b'0' + digit))).collect()
    }
}

/// None for digits that no plan can hold, and for national numbers without a `home`.
pub(super) fn read(number: &str, home: Option<Plan>) -> Option<Dialled> {
    let after_plus = number.trim_start_matches(is_plus);
    let has_plus = after_plus.len() < number.len();
    if home.is_none() && !has_plus {
        return None;
    }
    let digits = digits_of(after_plus);
    let (plan, national) = if has_plus {
        if digits.len() <= SHORTEST {
            return None;
        }
        // A plus before what starts with no calling code is taken for a slip.
        match split_calling_code(&digits) {
            Some(split) => split,
            None => from_home(digits, home).filter(|(_, _, had_code)| *had_code).map(|(plan, rest, _)| (plan, rest))?,
        }
    } else {
        from_home(digits, home).map(|(plan, rest, _)| (plan, rest))?
    };
    let national = in_plan(plan, national)?;
    Some(Dialled { calling_code: plan.calling_code(), national: with_bounded_zeros(national) })
}

/// Letters stand for digits where there are three or more of them; digits of other scripts do not mix with those.
fn digits_of(number: &str) -> Vec<u8> {
    if number.chars().filter(char::is_ascii_alphabetic).take(3).count() == 3 {
        number.chars().filter_map(|c| if c.is_ascii() { digit(c).or_else(|| key(c)) } else { None }).collect()
    } else {
        number.chars().filter_map(digit).collect()
    }
}

/// The main plan of the calling code that the digits start with, and the digits after it.
fn split_calling_code(digits: &[u8]) -> Option<(Plan, Vec<u8>)> {
    if digits.first() == Some(&0) {
        return None;
    }
    (1..=3).find_map(|length| {
        let (code, rest) = digits.split_at_checked(length)?;
        let code = code.iter().fold(0, |code, digit| code * 10 + u16::from(*digit));
        Plan::of_calling_code(code).map(|plan| (plan, rest.to_vec()))
    })
}

/// Reads what somebody dials at home: abroad after the international prefix, or a number of the same plan, with its
/// calling code (then the last of the three is true) or without.
fn from_home(digits: Vec<u8>, home: Option<Plan>) -> Option<(Plan, Vec<u8>, bool)> {
    let home = home?;
    if let Some(found) = home.international_prefix(&digits) {
        let rest = &digits[found.end..];
        // No calling code starts with 0.
        if rest.first() != Some(&0) {
            if rest.len() <= SHORTEST {
                return None;
            }
            return split_calling_code(rest).map(|(plan, rest)| (plan, rest, true));
        }
    }
    if let Some(rest) = without_code_of(home, &digits) {
        let rest = without_national_prefix(home, rest);
        let is_better = !home.looks_right(&digits) && home.looks_right(&rest);
        if is_better || home.length(digits.len()) == Length::TooLong {
            let main = Plan::of_calling_code(home.calling_code())?;
            return Some((main, rest, true));
        }
    }
    Some((home, digits, false))
}

fn without_code_of(home: Plan, digits: &[u8]) -> Option<&[u8]> {
    let mut rest = digits;
    for expected in digits_of_code(home.calling_code()) {
        let (digit, behind) = rest.split_first()?;
        if *digit != expected {
            return None;
        }
        rest = behind;
    }
    Some(rest)
}

/// One to three of them.
fn digits_of_code(code: u16) -> impl Iterator<Item = u8> {
    [code / 100, code / 10, code]
        .into_iter()
        .skip_while(|leading| *leading == 0)
        .filter_map(|leading| u8::try_from(leading % 10).ok())
}

/// The national number, if it is one by its length.
fn in_plan(plan: Plan, digits: Vec<u8>) -> Option<Vec<u8>> {
    if digits.len() < SHORTEST {
        return None;
    }
    let stripped = without_national_prefix(plan, &digits);
    let national = match plan.length(stripped.len()) {
        Length::Possible | Length::TooLong => stripped,
        // The prefix may be the beginning of a short number.
        Length::TooShort | Length::Gap => digits,
    };
    (SHORTEST..=LONGEST).contains(&national.len()).then_some(national)
}

/// Takes the national prefix off, or puts into its place what the rule of the plan says.
fn without_national_prefix(plan: Plan, digits: &[u8]) -> Vec<u8> {
    let Some(found) = plan.national_prefix(digits).filter(|_| !digits.is_empty()) else {
        return digits.to_vec();
    };
    let (first, second) = (found.group(1, digits), found.group(2, digits));
    let captured = second.or(first).is_some_and(|group| !group.is_empty());
    let rule = if captured && first.is_some() { plan.rule() } else { &[] };
    let mut stripped = Vec::with_capacity(digits.len() + rule.len());
    for part in rule {
        match part {
            0x11 => stripped.extend(first.unwrap_or_default()),
            0x12 => stripped.extend(second.unwrap_or_default()),
            digit => stripped.push(digit - b'0'),
        }
    }
    stripped.extend(&digits[found.end..]);
    if plan.looks_right(digits) && !plan.looks_right(&stripped) { digits.to_vec() } else { stripped }
}

fn with_bounded_zeros(mut national: Vec<u8>) -> Vec<u8> {
    // The last digit is the number itself, even when it is a zero.
    let leading = national.iter().take(national.len() - 1).take_while(|digit| **digit == 0).count();
    national.drain(..leading.saturating_sub(LEADING_ZEROS));
    national
}
