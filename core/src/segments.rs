//! How many segments a text is sent in: what gateways charge for, and what budgets count.
//!
//! A text of nothing but GSM 7-bit characters (3GPP TS 23.038; those of its extension table take two places) has 160 places in one
//! segment, any other is sent as UCS-2 and has 70. Longer texts are split, and each part gives up some places to say where it belongs.

/// How a text is written on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    Gsm7,
    Ucs2,
}

/// What a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub alphabet: Alphabet,
    pub segments: u32,
}

/// The characters of the GSM 7-bit default alphabet, but for its escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Those of its extension table: an escape and another place each.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

impl Alphabet {
    /// Places in a text of one segment, and in each segment of a longer one.
    const fn places(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    fn of(text: &str) -> Self {
        if text.chars().all(|c| BASIC.contains(c) || EXTENDED.contains(c)) { Self::Gsm7 } else { Self::Ucs2 }
    }

    fn places_of(self, c: char) -> usize {
        match self {
            Self::Gsm7 => 1 + usize::from(EXTENDED.contains(c)),
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

/// An empty text is sent all the same.
pub fn size(text: &str) -> Size {
    let alphabet = Alphabet::of(text);
    let (alone, of_many) = alphabet.places();
    let places: usize = text.chars().map(|c| alphabet.places_of(c)).sum();
    if places <= alone {
        return Size { alphabet, segments: 1 };
    }
    // A character of two places is never split between two segments.
    let (mut segments, mut used) = (1, 0);
    for c in text.chars() {
        let taken = alphabet.places_of(c);
        if used + taken > of_many {
            segments += 1;
            used = 0;
        }
        used += taken;
    }
    Size { alphabet, segments }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_size(text: &str, alphabet: Alphabet, segments: u32) {
        assert_eq!(size(text), Size { alphabet, segments }, "{} characters", text.chars().count());
    }

    #[test]
    fn the_alphabets_have_as_many_characters_as_the_standard_says() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENDED.chars().count(), 10);
        assert!(BASIC.chars().all(|c| !EXTENDED.contains(c)));
    }

    #[test]
    fn plain_texts_have_160_places_and_153_in_parts() {
        use Alphabet::Gsm7;
        for (characters, segments) in
            [(0, 1), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4), (2000, 14)]
        {
            assert_size(&"a".repeat(characters), Gsm7, segments);
        }
        assert_size("Grüße von Ørsted & Ångström: £5, ¿qué tal? àèìòù", Gsm7, 1);
    }

    #[test]
    fn characters_of_the_extension_take_two_places() {
        use Alphabet::Gsm7;
        assert_size(&"€".repeat(80), Gsm7, 1);
        assert_size(&format!("{}a", "€".repeat(80)), Gsm7, 2);
        // 153 places hold 76 of them, one stays empty: none is split.
        assert_size(&"€".repeat(152), Gsm7, 2);
        assert_size(&"€".repeat(153), Gsm7, 3);
        assert_size(&"[~]".repeat(26), Gsm7, 1);
    }

    #[test]
    fn one_other_character_makes_all_of_it_ucs2() {
        use Alphabet::Ucs2;
        for (characters, segments) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)] {
            assert_size(&"ж".repeat(characters), Ucs2, segments);
        }
        assert_size(&format!("{}“", "a".repeat(69)), Ucs2, 1);
        assert_size(&format!("{}“", "a".repeat(70)), Ucs2, 2);
        assert_size("ç is not Ç", Ucs2, 1);
        assert_size("a`b", Ucs2, 1);
    }

    #[test]
    fn emoji_take_two_places_and_are_not_split() {
        use Alphabet::Ucs2;
        assert_size(&"🎉".repeat(35), Ucs2, 1);
        assert_size(&"🎉".repeat(36), Ucs2, 2);
        // 67 places hold 33 of them.
        assert_size(&"🎉".repeat(66), Ucs2, 2);
        assert_size(&"🎉".repeat(67), Ucs2, 3);
    }
}
