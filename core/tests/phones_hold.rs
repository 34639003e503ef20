//! What holds for every text and every phone, whatever the plans say.
#![cfg(feature = "phones")]

use alc_core::phone::{Phone, Region};
use proptest::prelude::*;

/// Texts that look like numbers more often than not.
const NUMBERISH: &str = "[+＋]{0,2}(tel:|call )?[0-9٠-٩０-９ ().,/x~#;*a-cA-C–-]{0,24}( ?(ext|x|#|;ext=|доб)[. :]?[0-9]{0,7}#?)?(;phone-context=[+a-z.0-9-]{0,9})?(;isub=1)?";

fn region() -> impl Strategy<Value = Option<Region>> {
    "[A-Z]{2}".prop_map(|code| Region::parse(&code).ok())
}

fn reads_the_same_again(text: &str, region: Option<Region>) -> Result<(), TestCaseError> {
    if let Ok(phone) = Phone::parse(text, region) {
        prop_assert!(
            phone.as_e164().strip_prefix('+').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        );
        prop_assert_eq!(Phone::parse(phone.as_e164(), None), Ok(phone.clone()));
        // A home region changes nothing about a number that carries its calling code.
        prop_assert_eq!(Phone::parse(phone.as_e164(), region), Ok(phone));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), region in region()) {
        reads_the_same_again(&text, region)?;
    }

    #[test]
    fn a_phone_reads_as_itself(text in NUMBERISH, region in region()) {
        reads_the_same_again(&text, region)?;
    }

    #[test]
    fn a_national_number_reads_as_itself_once_it_is_complete(
        digits in "0?[0-9]{7,11}",
        code in prop::sample::select(vec!["GB", "US", "DE", "FR", "IT", "AR", "BR", "MX", "AU", "IN", "CN", "JP", "ZA", "KZ"]),
    ) {
        reads_the_same_again(&digits, Region::parse(code).ok())?;
    }
}

#[test]
fn long_texts_are_read_in_passing() {
    for unit in [" ", ",", "1", "a", "x", "-#", "/x", "1,", "٣ ", "\u{301}"] {
        let text = format!("+447400123456{}7", unit.repeat(100_000));
        // Letters are taken for a label; anything else makes it no number.
        let phone = Phone::parse(&text, Region::parse("GB").ok());
        assert!(
            phone.is_ok_and(|phone| phone.as_e164() == "+447400123456") == unit.contains(char::is_alphabetic),
            "{unit:?}"
        );
    }
}
