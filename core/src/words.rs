//! A reply as the rules read it: plain words, whatever the writer's keyboard made of them.
//!
//! Case, accents, punctuation and stretched letters say nothing about consent or interest, and thumbs on glass leave all of them out;
//! so none of them is left here.

/// No SMS is longer than this many words; whoever sends more has said it by then.
const READ_AT_MOST: usize = 300;

/// The Romance languages part after short words ("m'écrivez", "qu'il"), English joins what is before and after ("don't", "I'm").
const LONGEST_PARTED: usize = 2;
const JOINED_ENDINGS: &[&str] = &["t", "s", "m", "d", "ll", "ve", "re"];

/// The words of one message, in order.
pub(crate) fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in folded(text).split(' ').filter(|piece| !piece.is_empty()).take(READ_AT_MOST) {
        push_apostrophes(&mut words, piece);
    }
    join_letters(&words)
}

/// Lower case without accents; apostrophes stay, other punctuation becomes a space, and of three equal letters in a row one stays.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = ('\0', 0_usize);
    for c in text.chars().flat_map(char::to_lowercase) {
        let plain = match c {
            '’' | '‘' | '`' | '´' | '\'' | 'ʼ' => "'",
            // Combining marks, joiners and the looks of an emoji: part of what stands before them.
            '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' => {
                continue;
            }
            _ => match unaccented(c) {
                Some(plain) => plain,
                None => {
                    push(&mut out, &mut run, c);
                    continue;
                }
            },
        };
        for c in plain.chars() {
            push(&mut out, &mut run, c);
        }
    }
    out
}

fn push(out: &mut String, run: &mut (char, usize), c: char) {
    if !(c.is_alphanumeric() || c == '\'') {
        *run = ('\0', 0);
        out.push(' ');
        if GESTURES.contains(&c) {
            out.push(c);
            out.push(' ');
        }
        return;
    }
    *run = if run.0 == c { (c, run.1 + 1) } else { (c, 1) };
    match run.1 {
        // "nooo" is "no"; "1000" stays what it is.
        3 if c.is_alphabetic() => {
            out.pop();
        }
        n if n > 3 && c.is_alphabetic() => {}
        _ => out.push(c),
    }
}

/// Pictures that say yes, no or worse.
const GESTURES: &[char] = &['👍', '👌', '✅', '👎', '❌', '🖕', '🛑', '🚫', '⛔', '✋', '🙅', '🙄', '🤡'];

fn unaccented(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' | 'ā' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ł' => "l",
        'ñ' | 'ń' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
        'œ' => "oe",
        'ś' | 'š' => "s",
        'ß' => "ss",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

fn push_apostrophes(words: &mut Vec<String>, piece: &str) {
    let mut parts = piece.split('\'').filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        match parts.peek() {
            Some(ending) if part.len() > LONGEST_PARTED || JOINED_ENDINGS.contains(ending) => {
                words.push(format!("{part}{ending}"));
                parts.next();
            }
            _ => words.push(part.to_owned()),
        }
    }
}

/// "S T O P" is "stop": three or more letters that stand alone.
fn join_letters(words: &[String]) -> Vec<String> {
    const FEWEST: usize = 3;
    let is_letter = |word: &String| word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let mut out = Vec::with_capacity(words.len());
    for group in words.chunk_by(|a, b| is_letter(a) && is_letter(b)) {
        if group.len() >= FEWEST {
            out.push(group.concat());
        } else {
            out.extend_from_slice(group);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, words: &[&str]) {
        assert_eq!(words_of(text), words, "{text:?}");
    }

    #[test]
    fn case_accents_and_punctuation_are_gone() {
        reads("  STOP!!! ", &["stop"]);
        reads("Más información, por favor", &["mas", "informacion", "por", "favor"]);
        reads("Arre\u{302}tez", &["arretez"]);
        reads("straße, żółw", &["strasse", "zolw"]);
        reads("", &[]);
    }

    #[test]
    fn apostrophes_join_in_english_and_part_in_french() {
        reads("Don’t, I'm", &["dont", "im"]);
        reads("ne m'écrivez plus l'année", &["ne", "m", "ecrivez", "plus", "l", "annee"]);
    }

    #[test]
    fn stretched_and_spaced_letters_are_words() {
        reads("STOOOOP", &["stop"]);
        reads("s.t.o.p", &["stop"]);
        reads("1000 yes", &["1000", "yes"]);
        reads("a b", &["a", "b"]);
    }

    #[test]
    fn gestures_are_words() {
        reads("👍🏽 ok 🎉", &["👍", "ok"]);
    }
}
