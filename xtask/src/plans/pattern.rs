//! From the regular expressions of the metadata to the code `core/src/phone/pattern.rs` runs.
//!
//! The metadata writes digits, classes, `\d`, groups, alternatives, `?`, `{n}`, `{n,m}` and `$`, and nothing else;
//! anything new is refused here rather than misread there. The code is described where it is run.

use anyhow::{Context as _, Result, bail, ensure};

/// How many choices the matcher can keep open at once (`OPEN_CHOICES` there).
const OPEN_CHOICES: usize = 48;

const ANY: u16 = 0x3ff;

mod code {
    pub(super) const END: u8 = 0x0a;
    pub(super) const DONE: u8 = 0x0b;
    pub(super) const EITHER: u8 = 0x0c;
    pub(super) const OR: u8 = 0x0d;
    pub(super) const OR_LAST: u8 = 0x0e;
    pub(super) const PERHAPS: u8 = 0x0f;
    /// Plus the number of the group, from 1.
    pub(super) const OPEN: u8 = 0x10;
    pub(super) const CLOSE: u8 = 0x14;
    /// Plus how many.
    pub(super) const DIGITS: u8 = 0x20;
    /// Plus the two high bits of the class.
    pub(super) const CLASS: u8 = 0x40;
    /// Plus how many at most.
    pub(super) const DIGITS_UP_TO: u8 = 0x60;
}

/// The code of one pattern, with its closing `DONE`.
pub(super) fn compile(pattern: &str) -> Result<Vec<u8>> {
    let mut reader = Reader { rest: pattern.as_bytes(), groups: 0 };
    let node = reader.alternatives().with_context(|| format!("in the pattern {pattern}"))?;
    ensure!(reader.rest.is_empty(), "a closing bracket too many in the pattern {pattern}");
    ensure!(node.open_choices() < OPEN_CHOICES, "the matcher cannot keep enough choices open for {pattern}");
    let mut code = Vec::new();
    node.write(&mut code);
    code.push(code::DONE);
    Ok(code)
}

enum Node {
    Class(u16),
    End,
    Group(u8, Box<Node>),
    Row(Vec<Node>),
    Either(Vec<Node>),
    Repeat(Box<Node>, u8, u8),
}

impl Node {
    /// An upper bound: what every choice on the way may leave open together.
    fn open_choices(&self) -> usize {
        match self {
            Self::Class(_) | Self::End => 0,
            Self::Group(_, inner) => inner.open_choices(),
            Self::Row(row) => row.iter().map(Self::open_choices).sum(),
            Self::Either(ways) => 1 + ways.iter().map(Self::open_choices).max().unwrap_or(0),
            Self::Repeat(inner, least, most) => inner.open_choices() * usize::from(*most) + usize::from(most - least),
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
                for (at, way) in ways.iter().enumerate() {
                    let last = at + 1 == ways.len();
                    code.push(if at == 0 {
                        code::EITHER
                    } else if last {
                        code::OR_LAST
                    } else {
                        code::OR
                    });
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
        Ok(if ways.len() == 1 { ways.remove(0) } else { Node::Either(ways) })
    }

    fn row(&mut self) -> Result<Node> {
        let mut row = Vec::new();
        while !matches!(self.rest.first(), None | Some(b'|' | b')')) {
            let one = self.one()?;
            row.push(self.counted(one)?);
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

    #[test]
    fn every_construct_has_its_code() {
        assert_eq!(compile("12").unwrap(), [1, 2, code::DONE]);
        assert_eq!(compile("[2-9]\\d{6,7}").unwrap(), [0x43, 0xfc, 0x26, 0x61, code::DONE]);
        assert_eq!(
            compile("(?:1|23|4)5").unwrap(),
            [code::EITHER, 1, 1, code::OR, 2, 2, 3, code::OR_LAST, 1, 4, 5, code::DONE]
        );
        assert_eq!(compile("(1)?$").unwrap(), [code::PERHAPS, 3, 0x11, 1, 0x15, code::END, code::DONE]);
        assert_eq!(compile("[12]{1,2}").unwrap(), [0x40, 6, code::PERHAPS, 2, 0x40, 6, code::DONE]);
    }

    #[test]
    fn long_bodies_have_long_lengths() {
        let code = compile(&format!("(?:{}|2)", "1".repeat(300))).unwrap();
        assert_eq!(code[..4], [code::EITHER, 0x80 | 2, 44, 1]);
    }

    #[test]
    fn what_is_new_is_refused() {
        for pattern in ["a", "1+", "(?=1)", "[^1]", "(1", "1)", "(1)(2)(3)", "1{40}"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
