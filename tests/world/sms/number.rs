//! Phone numbers in the one form the gateway stores them.

use std::fmt;

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat};

/// A number in E.164 that some numbering plan could know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PhoneText(String);

impl PhoneText {
    /// Only international form: the gateway has no region to fall back on. It looks at the length, not at what is assigned, so
    /// that ranges kept for tests pass.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = PhoneNumber::parse(text.trim(), None).ok()?;
        let possible = number.is_possible_with_reason().is_ok();
        possible.then(|| Self(number.format_as(PhoneNumberFormat::E164).into_owned()))
    }
}

impl fmt::Display for PhoneText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
