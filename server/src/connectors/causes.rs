//! Why a text did not arrive, in words of our own: gateways have hundreds of codes, people and programs need a handful.
//!
//! Source: Twilio's error dictionary, 21xxx (the request is refused) and 30xxx (delivery fails later).

use serde::Serialize;
use utoipa::ToSchema;

/// A stable word for programs; [`sentence`](FailureCause::sentence) for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// The phone asked the gateway, or us, to stop.
    OptedOut,
    /// No such number can be dialled.
    NumberInvalid,
    /// No carrier knows the number any more.
    NumberUnknown,
    /// It cannot receive texts.
    Landline,
    /// Switched off, out of coverage or full, for as long as the gateway tried.
    HandsetUnreachable,
    /// No route leads from our number to this one.
    NoRoute,
    /// The account may not text this country.
    RegionNotAllowed,
    /// A carrier took it for spam, or our number is not registered for what it sends.
    CarrierFiltered,
    /// More was waiting at the gateway than it sends.
    QueueOverflow,
    /// The gateway has closed our account.
    AccountSuspended,
    /// The text itself is refused: empty, or too long.
    TextRefused,
    /// It could not be sent in the time it was good for.
    Expired,
    /// Nobody says why.
    Unknown,
}

impl FailureCause {
    /// The meaning of a gateway's code; the codes of our own (`withheld`, `gave_up`, …) have none.
    pub fn of(code: &str) -> Option<Self> {
        let code: u32 = code.parse().ok()?;
        Some(match code {
            21610 => Self::OptedOut,
            21211 | 21217 | 21265 | 21401 | 21421 => Self::NumberInvalid,
            30005 => Self::NumberUnknown,
            21614 | 30006 => Self::Landline,
            30003 => Self::HandsetUnreachable,
            21612 | 30011 => Self::NoRoute,
            21408 | 30450 => Self::RegionNotAllowed,
            30004 | 30007 | 30022 | 30023 | 30024 | 30027 | 30032 | 30034 | 30035 | 30038 | 30044 => {
                Self::CarrierFiltered
            }
            21611 | 30001 | 30017 | 30018 => Self::QueueOverflow,
            20005 | 30002 => Self::AccountSuspended,
            21602 | 21617 | 30019 => Self::TextRefused,
            30036 => Self::Expired,
            _ => Self::Unknown,
        })
    }

    /// Whether no text will ever reach this phone from us, however often it is tried.
    pub const fn is_of_the_phone(self) -> bool {
        matches!(
            self,
            Self::NumberInvalid
                | Self::NumberUnknown
                | Self::Landline
                | Self::HandsetUnreachable
                | Self::NoRoute
                | Self::RegionNotAllowed
        )
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptedOut => "opted_out",
            Self::NumberInvalid => "number_invalid",
            Self::NumberUnknown => "number_unknown",
            Self::Landline => "landline",
            Self::HandsetUnreachable => "handset_unreachable",
            Self::NoRoute => "no_route",
            Self::RegionNotAllowed => "region_not_allowed",
            Self::CarrierFiltered => "carrier_filtered",
            Self::QueueOverflow => "queue_overflow",
            Self::AccountSuspended => "account_suspended",
            Self::TextRefused => "text_refused",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }

    /// What happened, and what to do about it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::OptedOut => "The phone has asked not to be texted.",
            Self::NumberInvalid => "The gateway knows no such number. Check it.",
            Self::NumberUnknown => "No carrier knows the number any more. Ask for another.",
            Self::Landline => "The number belongs to a landline, which receives no texts. Ask for a mobile number.",
            Self::HandsetUnreachable => "The phone was off or out of coverage for as long as the gateway tried.",
            Self::NoRoute => "No route leads from our number to this one.",
            Self::RegionNotAllowed => "The gateway's account may not text this country; its settings can allow it.",
            Self::CarrierFiltered => {
                "The carrier blocked the text. Check that our number is registered for what it sends."
            }
            Self::QueueOverflow => "The gateway had too much waiting.",
            Self::AccountSuspended => "The gateway has suspended our account.",
            Self::TextRefused => "The gateway refused the text itself.",
            Self::Expired => "The text could not be sent in time.",
            Self::Unknown => "The text could not be delivered to this phone.",
        }
    }
}

/// For records and callbacks: a sentence, and the word that programs read.
pub fn summary_of(code: &str) -> String {
    let cause = FailureCause::of(code).unwrap_or(FailureCause::Unknown);
    format!("{} ({})", cause.sentence(), cause.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_meaning_that_the_dictionary_gives_them() {
        for (code, cause) in [
            ("21211", FailureCause::NumberInvalid),
            ("21408", FailureCause::RegionNotAllowed),
            ("21610", FailureCause::OptedOut),
            ("21614", FailureCause::Landline),
            ("30001", FailureCause::QueueOverflow),
            ("30002", FailureCause::AccountSuspended),
            ("30003", FailureCause::HandsetUnreachable),
            ("30005", FailureCause::NumberUnknown),
            ("30006", FailureCause::Landline),
            ("30007", FailureCause::CarrierFiltered),
            ("30034", FailureCause::CarrierFiltered),
            ("30008", FailureCause::Unknown),
        ] {
            assert_eq!(FailureCause::of(code), Some(cause), "{code}");
        }
        for ours in ["withheld", "gave_up", "unconfirmed", "budget_spent", "http_400", ""] {
            assert_eq!(FailureCause::of(ours), None, "{ours}");
        }
    }

    #[test]
    fn words_are_the_same_in_code_and_in_answers() {
        for code in 20_000..31_000 {
            let cause = FailureCause::of(&code.to_string()).unwrap();
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.as_str());
        }
    }
}
