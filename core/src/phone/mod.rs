//! Phone numbers, read by numbering plan.
//!
//! What people type is read with the numbering plans of Google's libphonenumber (compiled in); digits are never counted
//! by hand.
//!
//! Typed text → [`typed`] (the part of it that can be a number) → [`dialled`] (calling code and national number) →
//! [`plan`] (which region and which kind it is, by running a [`pattern`]).

mod dialled;
mod pattern;
mod plan;
mod scripts;
mod typed;
#[cfg(feature = "hours")]
mod zones;

use std::fmt;

use thiserror::Error;

use self::plan::{Kind, Plan};
#[cfg(feature = "hours")]
pub use self::zones::{zones_of_number, zones_of_region};

/// A country or territory, ISO 3166-1 alpha-2, that has a numbering plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region([u8; 2]);

impl Region {
    /// Reads `GB`, `gb` or ` gb `.
    pub fn parse(code: &str) -> Result<Self, UnknownRegion> {
        let letters = code.trim().to_ascii_uppercase();
        let letters = <[u8; 2]>::try_from(letters.as_bytes()).map_err(|_| UnknownRegion)?;
        Plan::of_region(letters).map(|_| Self(letters)).ok_or(UnknownRegion)
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no numbering plan has this region")]
pub struct UnknownRegion;

/// A phone number we may text. Holding one means a numbering plan knows it; it prints as E.164.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone {
    e164: String,
    region: Option<Region>,
}

/// Why a text is not a phone number we may text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidPhone {
    #[error("there is no phone number in this text")]
    NotANumber,
    #[error("no numbering plan knows this number")]
    NotInUse,
    #[error("this number cannot receive texts")]
    CannotText,
}

impl Phone {
    /// `region` reads national formats; a leading `+` wins over it.
    ///
    /// People label their numbers ("07400 123456 (mobile)"): where the whole text is no number, what stands before the
    /// label is tried.
    pub fn parse(input: &str, region: Option<Region>) -> Result<Self, InvalidPhone> {
        Self::parse_exactly(input, region).or_else(|invalid| match without_label(input) {
            Some(number) if invalid != InvalidPhone::CannotText => Self::parse_exactly(number, region),
            _ => Err(invalid),
        })
    }

    fn parse_exactly(input: &str, region: Option<Region>) -> Result<Self, InvalidPhone> {
        let number = typed::number_in(input).ok_or(InvalidPhone::NotANumber)?;
        let plan = region.and_then(|region| Plan::of_region(region.0));
        let dialled = dialled::read(&number, plan).ok_or(InvalidPhone::NotInUse)?;
        let (plan, kind) = plan::owner(dialled.calling_code, &dialled.national).ok_or(InvalidPhone::NotInUse)?;
        match kind {
            Kind::Mobile | Kind::FixedLineOrMobile | Kind::Voip | Kind::Personal => {
                Ok(Self { e164: dialled.to_e164(), region: plan.region().map(Region) })
            }
            Kind::FixedLine
            | Kind::TollFree
            | Kind::PremiumRate
            | Kind::SharedCost
            | Kind::Pager
            | Kind::Uan
            | Kind::Voicemail => Err(InvalidPhone::CannotText),
        }
    }

    pub fn as_e164(&self) -> &str {
        &self.e164
    }

    /// Where the number belongs; none for numbers of no country (satellite phones, say).
    pub fn region(&self) -> Option<Region> {
        self.region
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.e164)
    }
}

/// What stands before the first letter, bracket or slash that follows a number's worth of digits.
fn without_label(input: &str) -> Option<&str> {
    /// Shorter ones are dialled, not texted; letters before them may be part of the number ("1-800-FLOWERS").
    const DIGITS: usize = 7;

    let mut digits = 0;
    let label = input.char_indices().find(|(_, c)| {
        digits += usize::from(c.is_numeric());
        digits >= DIGITS && (c.is_alphabetic() || matches!(c, '(' | '/'))
    });
    label.and_then(|(at, _)| input.get(..at)).map(str::trim_end).filter(|number| !number.is_empty())
}
