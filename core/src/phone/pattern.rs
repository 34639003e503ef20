//! Runs the patterns of the numbering plans: regular expressions over digits, compiled to bytes by `cargo xtask plans`.
//!
//! A pattern starts at the first digit, prefers earlier alternatives and longer repetitions, and goes back when it is
//! stuck. A body is a length and that many bytes; lengths take one byte below 128, else two (the high seven bits first,
//! marked with 0x80). The code:
//!
//! | bytes | meaning |
//! |---|---|
//! | `00`–`09` | this digit |
//! | `0a` | the end of the number |
//! | `0b` | done: the pattern fits |
//! | `0c` body | alternatives: bodies within the body |
//! | `0d` body | a body that may be missing |
//! | `11` `12`, `15` `16` | group 1 or 2 opens, closes |
//! | `20` + n | n digits, whichever |
//! | `40` + high, low | one digit of the class with these ten bits |
//! | `60` + n | up to n digits, whichever |
//! | `80` + high, low, bodies | one digit of the class, then the body that belongs to it: one for each, in their order |

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
    Matcher { code, digits, whole: true, groups: [None; 2] }.run(Row::ALL, None, 0).is_some()
}

/// What the pattern takes of the first digits.
pub(super) fn find(code: &[u8], digits: &[u8]) -> Option<Found> {
    let mut matcher = Matcher { code, digits, whole: false, groups: [None; 2] };
    let end = matcher.run(Row::ALL, None, 0)?;
    Some(Found { end, groups: matcher.groups })
}

/// A stretch of code.
#[derive(Clone, Copy)]
struct Row {
    at: usize,
    end: usize,
}

impl Row {
    /// Ends with `0b`.
    const ALL: Self = Self { at: 0, end: usize::MAX };
}

/// What is to be run after a row.
struct Rest<'a> {
    row: Row,
    rest: Option<&'a Self>,
}

struct Matcher<'a> {
    code: &'a [u8],
    digits: &'a [u8],
    whole: bool,
    groups: [Option<(usize, usize)>; 2],
}

impl Matcher<'_> {
    /// Where the pattern ends, if it fits from this position on. Calls itself for each choice it may have to go back to;
    /// patterns nest a handful of them.
    fn run(&mut self, mut row: Row, mut rest: Option<&Rest<'_>>, mut position: usize) -> Option<usize> {
        loop {
            if row.at == row.end {
                let after = rest?;
                (row, rest) = (after.row, after.rest);
                continue;
            }
            let step = *self.code.get(row.at)?;
            row.at += 1;
            match step {
                0x00..=0x09 => position = self.take(position, 1 << step)?,
                0x0a if position == self.digits.len() => {}
                0x0b => return (!self.whole || position == self.digits.len()).then_some(position),
                0x0c | 0x0d => {
                    let body = self.body(&mut row)?;
                    let after = Rest { row, rest };
                    if step == 0x0d {
                        if let Some(end) = self.attempt(body, Some(&after), position) {
                            return Some(end);
                        }
                        continue;
                    }
                    let mut ways = body;
                    while ways.at < ways.end {
                        let way = self.body(&mut ways)?;
                        if let Some(end) = self.attempt(way, Some(&after), position) {
                            return Some(end);
                        }
                    }
                    return None;
                }
                0x11 | 0x12 => *self.groups.get_mut(usize::from(step - 0x11))? = Some((position, position)),
                0x15 | 0x16 => self.groups.get_mut(usize::from(step - 0x15))?.as_mut()?.1 = position,
                0x20..=0x3f => {
                    position += usize::from(step - 0x20);
                    if position > self.digits.len() {
                        return None;
                    }
                }
                0x40..=0x43 => {
                    position = self.take(position, self.class(step - 0x40, &mut row)?)?;
                }
                0x60..=0x7f => {
                    let most = usize::from(step - 0x60).min(self.digits.len() - position);
                    for count in (1..=most).rev() {
                        if let Some(end) = self.attempt(row, rest, position + count) {
                            return Some(end);
                        }
                    }
                }
                0x80..=0x83 => {
                    let class = self.class(step - 0x80, &mut row)?;
                    let digit = *self.digits.get(position)?;
                    position = self.take(position, class)?;
                    let before = (class & ((1 << digit) - 1)).count_ones();
                    let mut way = Row { at: row.at, end: row.at };
                    for number in 0..class.count_ones() {
                        let body = self.body(&mut row)?;
                        if number == before {
                            way = body;
                        }
                    }
                    return self.run(way, Some(&Rest { row, rest }), position);
                }
                _ => return None,
            }
        }
    }

    /// Leaves no trace in the groups when it fails.
    fn attempt(&mut self, row: Row, rest: Option<&Rest<'_>>, position: usize) -> Option<usize> {
        let groups = self.groups;
        let end = self.run(row, rest, position);
        if end.is_none() {
            self.groups = groups;
        }
        end
    }

    /// The position after one digit of the class.
    fn take(&self, position: usize, class: u16) -> Option<usize> {
        let digit = *self.digits.get(position)?;
        (class >> digit & 1 == 1).then_some(position + 1)
    }

    fn class(&self, high: u8, row: &mut Row) -> Option<u16> {
        let low = *self.code.get(row.at)?;
        row.at += 1;
        Some(u16::from_be_bytes([high, low]))
    }

    /// Reads a length and steps over the body behind it.
    fn body(&self, row: &mut Row) -> Option<Row> {
        let mut length = usize::from(*self.code.get(row.at)?);
        row.at += 1;
        if length >= 0x80 {
            length = (length & 0x7f) << 7 | usize::from(*self.code.get(row.at)?);
            row.at += 1;
        }
        let body = Row { at: row.at, end: row.at + length };
        row.at = body.end;
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(?:0|90)(?:(1[24]|31)(\d{2,3}))?`
    const CARRIER: [u8; 23] =
        [0x82, 1, 0, 1, 0, 0x0d, 15, 0x11, 0x0c, 7, 3, 1, 0x40, 0b1_0100, 2, 3, 1, 0x15, 0x12, 0x22, 0x61, 0x16, 0x0b];

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
