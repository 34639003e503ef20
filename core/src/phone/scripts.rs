//! Which characters people write numbers with: the digits of every script, the punctuation between them.

/// The zero of each run of ten decimal digits (Unicode 17, general category Nd).
const ZEROS: [u32; 77] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136,
    0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0,
    0x11c50, 0x11d50, 0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce,
    0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

/// The value of a decimal digit.
pub(super) fn digit(c: char) -> Option<u8> {
    let run = ZEROS.partition_point(|zero| *zero <= u32::from(c)).checked_sub(1)?;
    u8::try_from(u32::from(c) - ZEROS[run]).ok().filter(|value| *value < 10)
}

pub(super) fn is_digit(c: char) -> bool {
    digit(c).is_some()
}

pub(super) fn is_plus(c: char) -> bool {
    matches!(c, '+' | '\u{ff0b}')
}

/// What stands between the digits of a number: dashes, spaces, dots, brackets, slashes, tildes, the `x` for a carrier's
/// digits, stars, and full-width forms of them.
pub(super) fn is_punctuation(c: char) -> bool {
    matches!(
        c,
        '-' | 'x' | 'X' | ' ' | '(' | ')' | '.' | '[' | ']' | '/' | '~' | '*'
            | '\u{a0}'
            | '\u{ad}'
            | '\u{200b}'
            | '\u{2010}'..='\u{2015}'
            | '\u{2053}'
            | '\u{2060}'
            | '\u{2212}'
            | '\u{223c}'
            | '\u{3000}'
            | '\u{30fc}'
            | '\u{ff08}'
            | '\u{ff09}'
            | '\u{ff0d}'..='\u{ff0f}'
            | '\u{ff3b}'
            | '\u{ff3d}'
    )
}

/// The key of a telephone that a letter stands on.
pub(super) fn key(letter: char) -> Option<u8> {
    Some(match letter.to_ascii_uppercase() {
        'A'..='C' => 2,
        'D'..='F' => 3,
        'G'..='I' => 4,
        'J'..='L' => 5,
        'M'..='O' => 6,
        'P'..='S' => 7,
        'T'..='V' => 8,
        'W'..='Z' => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_value() {
        for (c, value) in [('0', 0), ('9', 9), ('٣', 3), ('۴', 4), ('५', 5), ('７', 7), ('𝟚', 2), ('𝟡', 9)] {
            assert_eq!(digit(c), Some(value), "{c}");
        }
        for c in ['/', ':', 'a', '²', '½', 'Ⅷ', '一', '+'] {
            assert_eq!(digit(c), None, "{c}");
        }
    }

    #[test]
    fn letters_stand_on_keys() {
        let keys: Vec<u8> = "flowers".chars().filter_map(key).collect();
        assert_eq!(keys, [3, 5, 6, 9, 3, 7, 7]);
        assert_eq!(key('é'), None);
    }
}
