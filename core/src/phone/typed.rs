//! From what somebody typed to the part of it that can be a number: words before it, a label behind it and an extension
//! are left out; `tel:` addresses are read by RFC 3966. What counts as what is libphonenumber's.

use std::borrow::Cow;

use super::scripts::{is_digit, is_plus, is_punctuation};

const CONTEXT: &str = ";phone-context=";
const SUBADDRESS: &str = ";isub=";
const SCHEME: &str = "tel:";
/// In bytes. Nobody writes more between a number and its extension, and looking for one stays cheap in long texts.
const LONGEST_EXTENSION: usize = 250;

/// The number as it was written, without its extension; none where nothing in the text can be a number.
pub(super) fn number_in(text: &str) -> Option<Cow<'_, str>> {
    match split_at_word(text, CONTEXT) {
        Some((number, context)) => {
            let mut written = in_context(number, context)?;
            let end = number_at_start(&written)?.len();
            written.truncate(end);
            Some(Cow::Owned(written))
        }
        None => number_at_start(extract(text)?).map(Cow::Borrowed),
    }
}

fn number_at_start(written: &str) -> Option<&str> {
    let number = split_at_word(written, SUBADDRESS).map_or(written, |(number, _)| number);
    is_viable(number).then(|| without_extension(number))
}

/// What stands before the word and what behind it.
fn split_at_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at = text.as_bytes().windows(word.len()).position(|window| window == word.as_bytes())?;
    Some((text.get(..at)?, text.get(at + word.len()..)?))
}

/// A local number beside the context it is dialled in: `tel:7400-123456;phone-context=+44`.
fn in_context(number: &str, context: &str) -> Option<String> {
    let context = context.find(';').map_or(Some(context), |end| context.get(..end))?;
    let number = split_at_word(number, SCHEME).map_or(number, |(_, number)| number);
    let mut written = String::new();
    if is_global_context(context) {
        written.push_str(context);
    } else if !is_domain(context) {
        return None;
    }
    written.push_str(number);
    Some(written)
}

fn is_global_context(context: &str) -> bool {
    context.strip_prefix('+').is_some_and(|rest| {
        rest.chars().any(is_digit) && rest.chars().all(|c| is_digit(c) || matches!(c, '-' | '.' | '(' | ')'))
    })
}

/// Letters, digits and hyphens between dots; the last of these labels begins with a letter, a dot may follow it.
fn is_domain(context: &str) -> bool {
    let domain = context.strip_suffix('.').unwrap_or(context);
    let mut top = None;
    let mut before = '.';
    for c in domain.chars() {
        let is_inner = c.is_ascii_alphabetic() || is_digit(c);
        match (before, c) {
            ('.', _) if is_inner => top = Some(c),
            ('-', '.') | ('.', _) => return false,
            (_, '.' | '-') => {}
            _ if is_inner => {}
            _ => return false,
        }
        before = c;
    }
    !matches!(before, '.' | '-') && top.is_some_and(|c| c.is_ascii_alphabetic())
}

/// From the first digit or plus to the last letter, digit or hash, and no second number. Vowel signs count as letters here;
/// libphonenumber would cut them off, but none ever follows a number without the letter it belongs to.
fn extract(text: &str) -> Option<&str> {
    let start = text.find(|c| is_digit(c) || is_plus(c))?;
    let number = text.get(start..)?.trim_end_matches(|c: char| c != '#' && !c.is_alphanumeric());
    Some(before_second_number(number)).filter(|number| !number.is_empty())
}

/// "(530) 583-6985 x302/x2303" is two numbers; the first one counts.
fn before_second_number(number: &str) -> &str {
    // On the first line that has a slash and an x behind it, the last such slash ends the number.
    let (mut line, mut slash, mut end) = (0, None, None);
    for (at, c) in number.char_indices() {
        match c {
            '\n' if end.is_some() => break,
            '\n' => (line, slash) = (at + 1, None),
            '/' | '\\' => slash = Some(at),
            ' ' => {}
            'x' if slash.is_some() => end = slash.take(),
            _ => slash = None,
        }
    }
    end.and_then(|end| number.get(line..end)).unwrap_or(number)
}

/// Three digits or more with nothing but punctuation before and between them, then letters as well; or two digits. An
/// extension may follow.
fn is_viable(number: &str) -> bool {
    let mut digits = 0;
    let mut only_digits = true;
    let mut rest = number.trim_start_matches(is_plus);
    let had_plus = rest.len() < number.len();
    while digits < 3 {
        let mut behind = rest.chars();
        match behind.next() {
            Some(c) if is_digit(c) => digits += 1,
            Some(c) if is_punctuation(c) => only_digits = false,
            _ => break,
        }
        rest = behind.as_str();
        if digits == 2 && only_digits && !had_plus && (rest.is_empty() || is_extension(rest)) {
            return true;
        }
    }
    if digits < 3 {
        return false;
    }
    // The extension may begin anywhere in what could still be number.
    loop {
        let mut behind = rest.chars();
        let Some(c) = behind.next() else { return true };
        if is_extension(rest) {
            return true;
        }
        if !(is_digit(c) || is_punctuation(c) || c.is_ascii_alphabetic()) {
            return false;
        }
        rest = behind.as_str();
    }
}

/// Without the longest extension that leaves a number.
fn without_extension(number: &str) -> &str {
    let tail = number.strip_suffix('#').unwrap_or(number).trim_end_matches(is_digit);
    // Nothing in an extension but its end is a digit.
    let mut rest = number.get(tail.trim_end_matches(|c| !is_digit(c)).len()..).unwrap_or_default().chars();
    while !is_extension(rest.as_str()) {
        if rest.next().is_none() {
            return number;
        }
    }
    let before = number.strip_suffix(rest.as_str()).unwrap_or(number);
    if is_viable(before) { before } else { number }
}

/// Whether all of the text is an extension: a label and digits. The clearer the label, the more digits it may have.
fn is_extension(text: &str) -> bool {
    if text.len() > LONGEST_EXTENSION {
        return false;
    }
    let (body, hash) = text.strip_suffix('#').map_or((text, false), |body| (body, true));
    let label = body.trim_end_matches(is_digit);
    let digits = body.chars().rev().take_while(|c| is_digit(*c)).take(21).fold(0, |count, _| count + 1);
    if digits == 0 || digits > 20 || label.chars().any(is_digit) {
        return false;
    }
    if label.eq_ignore_ascii_case(";ext=") {
        return !hash;
    }
    if hash && digits <= 6 && !label.is_empty() && label.chars().all(|c| matches!(c, '-' | ' ')) {
        return true;
    }
    let is_space = |c| matches!(c, ' ' | '\u{a0}' | '\t');
    let word = label.trim_start_matches(|c| is_space(c) || c == ',');
    if after_explicit_label(word).is_some_and(is_filling) {
        return true;
    }
    if digits <= 9 && after_ambiguous_label(word).is_some_and(is_filling) {
        return true;
    }
    let dialled = label.trim_start_matches(is_space);
    let after_pause = dialled.strip_prefix(",,").or(dialled.strip_prefix(';'));
    if digits <= 15 && after_pause.is_some_and(is_filling) {
        return true;
    }
    digits <= 9 && dialled.starts_with(',') && is_filling(dialled.trim_start_matches(','))
}

/// A dot or colon, then spaces, commas and dashes: all of them optional.
fn is_filling(text: &str) -> bool {
    let rest = text.strip_prefix([':', '.', '\u{ff0e}']).unwrap_or(text);
    rest.chars().all(|c| matches!(c, ' ' | '\u{a0}' | '\t' | ',' | '-'))
}

/// `ext`, `extension`, `extensión`, `xtn`, full-width `ｅｘｔｎ`, `доб`, `anexo`.
fn after_explicit_label(text: &str) -> Option<&str> {
    if let Some(rest) = strip(text, "anexo").or_else(|| strip(text, "доб")) {
        return Some(rest);
    }
    if let Some(rest) = strip(strip(text, "ｅ").unwrap_or(text), "ｘｔ") {
        return Some(strip(rest, "ｎ").unwrap_or(rest));
    }
    let rest = strip(strip(text, "e").unwrap_or(text), "xt")?;
    let rest = match strip(rest, "ensi") {
        Some(ending) => match ending.strip_prefix(['o', 'O', 'Ó']) {
            Some(accent) => accent.strip_prefix('\u{301}').unwrap_or(accent),
            None => ending.strip_prefix('ó').unwrap_or(ending),
        },
        None => rest,
    };
    Some(strip(rest, "n").unwrap_or(rest))
}

/// `x`, `#`, `~`, `int` and their full-width forms: also found where no extension is meant.
fn after_ambiguous_label(text: &str) -> Option<&str> {
    text.strip_prefix(['x', 'X', '\u{ff58}', '\u{ff38}', '#', '\u{ff03}', '~', '\u{ff5e}'])
        .or_else(|| strip(text, "int"))
        .or_else(|| strip(text, "ｉｎｔ"))
}

/// Strips a word, whatever the case of its letters; the word is in small letters.
fn strip<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    for small in word.chars() {
        let c = rest.next()?;
        // In each of the scripts that the words are written in, a capital stands this far before its small letter.
        if c != small && u32::from(c) + 0x20 != u32::from(small) {
            return None;
        }
    }
    Some(rest.as_str())
}
