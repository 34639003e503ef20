//! Phone numbers, read by numbering plan.
//!
//! What people type is read with Google's libphonenumber metadata (compiled in); digits are never counted by hand.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType};
use thiserror::Error;

/// A country or territory, ISO 3166-1 alpha-2, that has a numbering plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region([u8; 2]);

impl Region {
    /// Reads `GB`, `gb` or ` gb `.
    pub fn parse(code: &str) -> Result<Self, UnknownRegion> {
        let code = code.trim().to_ascii_uppercase();
        let plan = code.parse::<rlibphonenumber::Region>().map_err(|_| UnknownRegion)?;
        // Some codes parse that no plan stands behind (`AQ`): national formats cannot be read with those.
        match PHONE_NUMBER_UTIL.get_country_code_for_region(plan) {
            Some(_) => Self::of(plan).ok_or(UnknownRegion),
            None => Err(UnknownRegion),
        }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Satellite and other networks of no country have a plan but no region.
    fn of(plan: rlibphonenumber::Region) -> Option<Self> {
        let letters = (plan as u16).to_be_bytes();
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    fn plan(self) -> Option<rlibphonenumber::Region> {
        self.as_str().parse().ok()
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
        let number = PhoneNumber::parse(input, region.and_then(Region::plan)).map_err(|error| unreadable(&error))?;
        if !number.is_valid() {
            return Err(InvalidPhone::NotInUse);
        }
        match number.get_type() {
            PhoneNumberType::Mobile
            | PhoneNumberType::FixedLineOrMobile
            | PhoneNumberType::VoIP
            | PhoneNumberType::PersonalNumber => {
                Ok(Self { e164: number.to_string(), region: number.get_region_code().and_then(Region::of) })
            }
            PhoneNumberType::Unknown => Err(InvalidPhone::NotInUse),
            PhoneNumberType::FixedLine
            | PhoneNumberType::TollFree
            | PhoneNumberType::PremiumRate
            | PhoneNumberType::SharedCost
            | PhoneNumberType::Pager
            | PhoneNumberType::UAN
            | PhoneNumberType::VoiceMail => Err(InvalidPhone::CannotText),
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
    label.map(|(at, _)| input[..at].trim_end()).filter(|number| !number.is_empty())
}

/// Text without a number in it is one thing to tell a person; digits that no plan can hold are another.
fn unreadable(error: &rlibphonenumber::ParseError) -> InvalidPhone {
    match error {
        rlibphonenumber::ParseError::NotANumber(_) => InvalidPhone::NotANumber,
        rlibphonenumber::ParseError::InvalidCountryCode
        | rlibphonenumber::ParseError::TooShortAfterIdd
        | rlibphonenumber::ParseError::TooShortNsn
        | rlibphonenumber::ParseError::TooLongNsn => InvalidPhone::NotInUse,
    }
}
