//! From the regular expressions of the metadata to the code `core/src/phone/pattern.rs` runs.
//!
//! The metadata writes digits, classes, `\d`, groups, alternatives, `?`, `{n}`, `{n,m}` and `$`, and nothing else;
//! anything new is refused here rather than misread there. The code is described where it is run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::{Context as _, Result, bail, ensure};

const ANY: u16 = 0x3ff;

mod code {
    pub(super) const END: u8 = 0x0a;
    pub(super) const DONE: u8 = 0x0b;
    pub(super) const EITHER: u8 = 0x0c;
    pub(super) const PERHAPS: u8 = 0x0d;
    /// Plus the number of the group, from 1.
    pub(super) const OPEN: u8 = 0x10;
    pub(super) const CLOSE: u8 = 0x14;
    /// Plus how many.
    pub(super) const DIGITS: u8 = 0x20;
    /// Plus the two high bits of the class.
    pub(super) const CLASS: u8 = 0x40;
    /// Plus how many at most.
    pub(super) const DIGITS_UP_TO: u8 = 0x60;
    /// Plus the two high bits of the class.
    pub(super) const BY_DIGIT: u8 = 0x80;
}

/// What a pattern is asked, which decides how freely its alternatives may be arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    /// Does it fit all digits?
    Fits,
    /// What does it take of the first digits? Of two alternatives that fit, the first decides.
    Takes,
}

/// The code of one pattern, with its closing `DONE`.
pub(super) fn compile(pattern: &str, question: Question) -> Result<Vec<u8>> {
    let mut reader = Reader { rest: pattern.as_bytes(), groups: 0, question };
    let node = reader.alternatives().with_context(|| format!("in the pattern {pattern}"))?;
    ensure!(reader.rest.is_empty(), "a closing bracket too many in the pattern {pattern}");
    let mut code = Vec::new();
    node.write(&mut code);
    code.push(code::DONE);
    Ok(code)
}

enum Node {
    Class(u16),
    End,
    Group(u8, Box<Node>),
    Row(VecDeque<Node>),
    Either(Vec<Node>),
    /// What follows each first digit.
    ByDigit(BTreeMap<u32, Node>),
    Repeat(Box<Node>, u8, u8),
}

impl Node {
    /// Alternatives that begin with a digit are found by it, with nothing to try in vain.
    fn choice(ways: Vec<Self>, question: Question) -> Self {
        let begins = ways.iter().filter_map(Self::first_digit);
        let distinct = begins.clone().collect::<BTreeSet<_>>().len();
        let all_by_digit = distinct == ways.len();
        if begins.count() < 2 || (question == Question::Takes && !all_by_digit) {
            return if ways.len() == 1 { Self::Row(ways.into()) } else { Self::Either(ways) };
        }
        let mut by_digit: BTreeMap<u32, Vec<Self>> = BTreeMap::new();
        let mut others = Vec::new();
        for mut way in ways {
            match (way.first_digit(), &mut way) {
                (Some(digit), Self::Row(row)) => {
                    row.pop_front();
                    by_digit.entry(digit).or_default().push(way);
                }
                _ => others.push(way),
            }
        }
        let by_digit = by_digit.into_iter().map(|(digit, ways)| (digit, Self::choice(ways, question))).collect();
        if others.is_empty() {
            return Self::ByDigit(by_digit);
        }
        others.insert(0, Self::ByDigit(by_digit));
        Self::Either(others)
    }

    fn first_digit(&self) -> Option<u32> {
        let Self::Row(row) = self else { return None };
        match row.front()? {
            Self::Class(class) if class.is_power_of_two() => Some(class.trailing_zeros()),
            _ => None,
        }
    }

    fn write(&self, code: &mut Vec<u8>) {
        match self {
            Self::Class(ANY) => code.push(code::DIGITS + 1),
            Self::Class(class) if class.is_power_of_two() => {
                code.push(u8::try_from(class.trailing_zeros()).unwrap_or_default());
            }
            Self::Class(class) => {
                let [high, low] = class.to_be_bytes();
                code.extend([code::CLASS + high, low]);
            }
            Self::End => code.push(code::END),
            Self::Group(number, inner) => {
                code.push(code::OPEN + number);
                inner.write(code);
                code.push(code::CLOSE + number);
            }
            Self::Row(row) => row.iter().for_each(|node| node.write(code)),
            Self::Either(ways) => {
                let mut bodies = Vec::new();
                for way in ways {
                    write_after_length(&mut bodies, &way.written());
                }
                code.push(code::EITHER);
                write_after_length(code, &bodies);
            }
            Self::ByDigit(ways) => {
                let class = ways.keys().map(|digit| 1 << digit).sum::<u16>();
                let [high, low] = class.to_be_bytes();
                code.extend([code::BY_DIGIT + high, low]);
                for way in ways.values() {
                    write_after_length(code, &way.written());
                }
            }
            Self::Repeat(inner, least, most) if matches!(**inner, Self::Class(ANY)) => {
                if *least > 0 {
                    code.push(code::DIGITS + least);
                }
                if most > least {
                    code.push(code::DIGITS_UP_TO + (most - least));
                }
            }
            Self::Repeat(inner, least, most) => {
                (0..*least).for_each(|_| inner.write(code));
                // `x{0,2}` is `(x(x)?)?`: giving up one gives up the rest.
                let once = inner.written();
                let optional = (*least..*most).fold(Vec::new(), |rest, _| {
                    let mut optional = vec![code::PERHAPS];
                    write_after_length(&mut optional, &[once.as_slice(), &rest].concat());
                    optional
                });
                code.extend(optional);
            }
        }
    }

    fn written(&self) -> Vec<u8> {
        let mut code = Vec::new();
        self.write(&mut code);
        code
    }
}

/// Lengths of 128 and more take two bytes, the high seven bits first.
fn write_after_length(code: &mut Vec<u8>, body: &[u8]) {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    let [high, low] = (length << 1).to_be_bytes();
    if high > 0 {
        code.push(0x80 | high);
    }
    code.push(low >> 1);
    code.extend(body);
}

struct Reader<'a> {
    rest: &'a [u8],
    groups: u8,
    question: Question,
}

impl Reader<'_> {
    fn take(&mut self, token: &str) -> bool {
        let found = self.rest.strip_prefix(token.as_bytes());
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn next(&mut self) -> Result<u8> {
        let (first, rest) = self.rest.split_first().context("the pattern breaks off")?;
        self.rest = rest;
        Ok(*first)
    }

    fn alternatives(&mut self) -> Result<Node> {
        let mut ways = vec![self.row()?];
        while self.take("|") {
            ways.push(self.row()?);
        }
        Ok(if ways.len() == 1 { ways.remove(0) } else { Node::choice(ways, self.question) })
    }

    fn row(&mut self) -> Result<Node> {
        let mut row = VecDeque::new();
        while !matches!(self.rest.first(), None | Some(b'|' | b')')) {
            let one = self.one()?;
            row.push_back(self.counted(one)?);
        }
        Ok(Node::Row(row))
    }

    fn one(&mut self) -> Result<Node> {
        if self.take("\\d") {
            return Ok(Node::Class(ANY));
        }
        if self.take("(?:") {
            return self.closed();
        }
        match self.next()? {
            digit @ b'0'..=b'9' => Ok(Node::Class(1 << (digit - b'0'))),
            b'[' => self.class(),
            b'$' => Ok(Node::End),
            b'(' if self.rest.first() != Some(&b'?') => {
                self.groups += 1;
                ensure!(self.groups <= 2, "more than two groups");
                let number = self.groups;
                Ok(Node::Group(number, Box::new(self.closed()?)))
            }
            other => bail!("{:?} is new", char::from(other)),
        }
    }

    fn closed(&mut self) -> Result<Node> {
        let inner = self.alternatives()?;
        ensure!(self.take(")"), "a closing bracket is missing");
        Ok(inner)
    }

    fn class(&mut self) -> Result<Node> {
        let mut class = 0;
        while !self.take("]") {
            let from = self.digit()?;
            let to = if self.take("-") { self.digit()? } else { from };
            class |= (from..=to).map(|digit| 1 << digit).sum::<u16>();
        }
        Ok(Node::Class(class))
    }

    fn digit(&mut self) -> Result<u8> {
        let byte = self.next()?;
        ensure!(byte.is_ascii_digit(), "{:?} in a class is new", char::from(byte));
        Ok(byte - b'0')
    }

    fn counted(&mut self, node: Node) -> Result<Node> {
        let (least, most) = if self.take("?") {
            (0, 1)
        } else if self.take("{") {
            let least = self.number()?;
            let most = if self.take(",") { self.number()? } else { least };
            ensure!(self.take("}"), "a count is not closed");
            (least, most)
        } else {
            return Ok(node);
        };
        ensure!(least <= most && most < 0x20, "the count {least} to {most} is new");
        Ok(Node::Repeat(Box::new(node), least, most))
    }

    fn number(&mut self) -> Result<u8> {
        let mut number = 0;
        while self.rest.first().is_some_and(u8::is_ascii_digit) {
            number = number * 10 + self.digit()?;
        }
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str) -> Vec<u8> {
        compile(pattern, Question::Fits).unwrap()
    }

    #[test]
    fn every_construct_has_its_code() {
        assert_eq!(fits("12"), [1, 2, code::DONE]);
        assert_eq!(fits("[2-9]\\d{6,7}"), [0x43, 0xfc, 0x26, 0x61, code::DONE]);
        assert_eq!(fits("(?:[12]|[34]5)6"), [code::EITHER, 7, 2, 0x40, 6, 3, 0x40, 0x18, 5, 6, code::DONE]);
        assert_eq!(fits("(1)?$"), [code::PERHAPS, 3, 0x11, 1, 0x15, code::END, code::DONE]);
        assert_eq!(fits("[12]{1,2}"), [0x40, 6, code::PERHAPS, 2, 0x40, 6, code::DONE]);
    }

    #[test]
    fn alternatives_are_arranged_by_their_first_digit() {
        let by_digit = [0x80, 0b1_0110, 0, 1, 3, 1, 5, 6, code::DONE];
        assert_eq!(fits("(?:1|23|45)6"), by_digit);
        assert_eq!(compile("(?:1|23|45)6", Question::Takes).unwrap(), by_digit);
        // Which of them comes first matters where the first that fits decides.
        assert_eq!(fits("1|12"), [0x80, 0b10, 5, code::EITHER, 3, 0, 1, 2, code::DONE]);
        assert_eq!(compile("1|12", Question::Takes).unwrap(), [code::EITHER, 5, 1, 1, 2, 1, 2, code::DONE]);
    }

    #[test]
    fn long_bodies_have_long_lengths() {
        let code = fits(&format!("(?:[12]|{})", "1".repeat(300)));
        assert_eq!(code[..7], [code::EITHER, 0x80 | 2, 49, 2, 0x40, 6, 0x80 | 2]);
    }

    #[test]
    fn what_is_new_is_refused() {
        for pattern in ["a", "1+", "(?=1)", "[^1]", "(1", "1)", "(1)(2)(3)", "1{40}"] {
            assert!(compile(pattern, Question::Fits).is_err(), "{pattern}");
        }
    }
}
