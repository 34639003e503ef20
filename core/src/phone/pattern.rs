//! Runs the patterns of the numbering plans: regular expressions over digits, compiled to bytes by `cargo xtask plans`.
//!
//! A pattern starts at the first digit, prefers earlier alternatives and longer repetitions, and steps back when it is
//! stuck. Lengths take one byte below 128, else two (the high seven bits first, marked with 0x80). The code:
//!
//! | bytes | meaning |
//! |---|---|
//! | `00`–`09` | this digit |
//! | `0a` | the end of the number |
//! | `0b` | done: the pattern fits |
//! | `0c` length body | the first of several alternatives |
//! | `0d` length body | another; who comes here from the one before is past all of them and skips it |
//! | `0e` length body | the last; skipped likewise |
//! | `0f` length body | a body that may be missing |
//! | `11` `12`, `15` `16` | group 1 or 2 opens, closes |
//! | `20` + n | n digits, whichever |
//! | `40` + high, low | one digit of the class with these ten bits |
//! | `60` + n | up to n digits, whichever |

/// How many choices can be open at once; `cargo xtask plans` compiles no pattern that needs more.
const OPEN_CHOICES: usize = 48;

/// What a pattern found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// How many digits it took.
    pub(super) end: usize,
    groups: [Option<(usize, usize)>; 2],
}

impl Found {
    /// The digits of a group that took part; groups count from 1.
    pub(super) fn group<'a>(&self, number: usize, digits: &'a [u8]) -> Option<&'a [u8]> {
        let (start, end) = (*self.groups.get(number.checked_sub(1)?)?)?;
        digits.get(start..end)
    }
}

/// Whether the pattern fits all digits.
pub(super) fn fits(code: &[u8], digits: &[u8]) -> bool {
    run(code, digits, true).is_some()
}

/// What the pattern takes of the first digits.
pub(super) fn find(code: &[u8], digits: &[u8]) -> Option<Found> {
    run(code, digits, false)
}

/// A way not taken yet.
#[derive(Clone, Copy, Default)]
struct Choice {
    /// Where in the code it goes on; at `0d` and `0e` that means inside.
    at: usize,
    position: usize,
    groups: [Option<(usize, usize)>; 2],
    enters: bool,
}

fn run(code: &[u8], digits: &[u8], whole: bool) -> Option<Found> {
    let mut choices = [Choice::default(); OPEN_CHOICES];
    let mut open = 0;
    let mut now = Choice::default();
    loop {
        let step = match *code.get(now.at)? {
            digit @ 0x00..=0x09 => {
                now.at += 1;
                take(&mut now, digits, 1 << digit)
            }
            0x0a => {
                now.at += 1;
                now.position == digits.len()
            }
            0x0b if !whole || now.position == digits.len() => {
                return Some(Found { end: now.position, groups: now.groups });
            }
            alternative @ 0x0c..=0x0f => {
                let (body, after) = body(code, now.at)?;
                if alternative == 0x0c || alternative == 0x0f || now.enters {
                    if alternative != 0x0e {
                        *choices.get_mut(open)? = Choice { at: after, enters: alternative != 0x0f, ..now };
                        open += 1;
                    }
                    now.enters = false;
                    now.at = body;
                } else {
                    now.at = after;
                }
                true
            }
            opens @ 0x11..=0x12 => {
                now.groups[usize::from(opens - 0x11)] = Some((now.position, now.position));
                now.at += 1;
                true
            }
            closes @ 0x15..=0x16 => {
                if let Some((_, end)) = &mut now.groups[usize::from(closes - 0x15)] {
                    *end = now.position;
                }
                now.at += 1;
                true
            }
            count @ 0x20..=0x3f => {
                now.position += usize::from(count - 0x20);
                now.at += 1;
                now.position <= digits.len()
            }
            high @ 0x40..=0x43 => {
                let class = u16::from_be_bytes([high - 0x40, *code.get(now.at + 1)?]);
                now.at += 2;
                take(&mut now, digits, class)
            }
            count @ 0x60..=0x7f => {
                now.at += 1;
                let most = usize::from(count - 0x60).min(digits.len() - now.position);
                for _ in 0..most {
                    *choices.get_mut(open)? = now;
                    open += 1;
                    now.position += 1;
                }
                true
            }
            _ => false,
        };
        if !step {
            open = open.checked_sub(1)?;
            now = choices[open];
        }
    }
}

/// Takes one digit of the class.
fn take(now: &mut Choice, digits: &[u8], class: u16) -> bool {
    let digit = digits.get(now.position);
    now.position += 1;
    digit.is_some_and(|digit| class >> digit & 1 == 1)
}

/// Where the body of an alternative begins and where it ends.
fn body(code: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = usize::from(*code.get(at + 1)?);
    let (body, length) =
        if first < 0x80 { (at + 2, first) } else { (at + 3, (first & 0x7f) << 7 | usize::from(*code.get(at + 2)?)) };
    Some((body, body + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(?:0|90)(?:(1[24]|31)(\d{2,3}))?`
    const CARRIER: [u8; 25] = [
        0x0c, 1, 0, 0x0e, 2, 9, 0, 0x0f, 15, 0x11, 0x0c, 3, 1, 0x40, 0b1_0100, 0x0e, 2, 3, 1, 0x15, 0x12, 0x22, 0x61,
        0x16, 0x0b,
    ];

    #[test]
    fn groups_and_the_longest_repetition_are_found() {
        let digits = [9, 0, 3, 1, 5, 5, 5, 5];
        let found = find(&CARRIER, &digits).unwrap();
        assert_eq!(found.end, 7);
        assert_eq!(found.group(1, &digits), Some(&[3, 1][..]));
        assert_eq!(found.group(2, &digits), Some(&[5, 5, 5][..]));
    }

    #[test]
    fn what_may_be_missing_is_missing_rather_than_half_there() {
        let digits = [0, 1, 4, 5];
        let found = find(&CARRIER, &digits).unwrap();
        assert_eq!((found.end, found.group(1, &digits), found.group(2, &digits)), (1, None, None));
    }

    #[test]
    fn a_whole_number_fits_or_does_not() {
        assert!(fits(&CARRIER, &[0]));
        assert!(fits(&CARRIER, &[0, 1, 2, 7, 7]));
        assert!(!fits(&CARRIER, &[0, 1, 2, 7]));
        assert!(!fits(&CARRIER, &[9]));
        assert!(!fits(&CARRIER, &[]));
    }
}
