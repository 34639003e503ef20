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
    let written = match text.find(CONTEXT) {
        Some(at) => Cow::Owned(in_context(text, at)?),
        None => Cow::Borrowed(extract(text)?),
    };
    let end = written.find(SUBADDRESS).unwrap_or(written.len());
    let number = &written[..end];
    if !is_viable(number) {
        return None;
    }
    let end = without_extension(number).len();
    Some(match written {
        Cow::Borrowed(written) => Cow::Borrowed(&written[..end]),
        Cow::Owned(mut written) => {
            written.truncate(end);
            Cow::Owned(written)
        }
    })
}

/// A local number beside the context it is dialled in: `tel:7400-123456;phone-context=+44`.
fn in_context(text: &str, at: usize) -> Option<String> {
    let context = &text[at + CONTEXT.len()..];
    let context = context.split(';').next().unwrap_or(context);
    let prefix = if is_global_context(context) {
        context
    } else if is_domain(context) {
        ""
    } else {
        return None;
    };
    let start = text.find(SCHEME).map_or(0, |scheme| scheme + SCHEME.len());
    Some([prefix, text.get(start..at)?].concat())
}

fn is_global_context(context: &str) -> bool {
    context.strip_prefix('+').is_some_and(|rest| {
        rest.chars().any(is_digit) && rest.chars().all(|c| is_digit(c) || matches!(c, '-' | '.' | '(' | ')'))
    })
}

fn is_domain(context: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphabetic() || is_digit(c);
    let is_label = |label: &str| {
        label.starts_with(is_inner) && label.ends_with(is_inner) && label.chars().all(|c| c == '-' || is_inner(c))
    };
    let domain = context.strip_suffix('.').unwrap_or(context);
    let top = domain.rsplit('.').next().unwrap_or(domain);
    domain.split('.').all(is_label) && top.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// From the first digit or plus to the last letter, digit or hash, and no second number.
fn extract(text: &str) -> Option<&str> {
    let start = text.find(|c| is_digit(c) || is_plus(c))?;
    let number = text[start..].trim_end_matches(|c: char| c != '#' && !c.is_alphanumeric());
    Some(before_second_number(number)).filter(|number| !number.is_empty())
}

/// "(530) 583-6985 x302/x2303" is two numbers; the first one counts.
fn before_second_number(number: &str) -> &str {
    let starts_second = |at: usize, line: &str| line[at + 1..].trim_start_matches(' ').starts_with('x');
    for line in number.split('\n') {
        let second = line.rmatch_indices(['\\', '/']).find(|(at, _)| starts_second(*at, line));
        if let Some((at, _)) = second {
            return &line[..at];
        }
    }
    number
}

/// Three digits or more with nothing but punctuation before and between them, then letters as well; or two digits. An
/// extension may follow.
fn is_viable(number: &str) -> bool {
    let mut digits = 0;
    let mut only_digits = true;
    let mut rest = number.trim_start_matches(is_plus);
    let had_plus = rest.len() < number.len();
    while digits < 3 {
        let Some(c) = rest.chars().next() else { break };
        if is_digit(c) {
            digits += 1;
        } else if is_punctuation(c) {
            only_digits = false;
        } else {
            break;
        }
        rest = &rest[c.len_utf8()..];
        if digits == 2 && only_digits && !had_plus && (rest.is_empty() || is_extension(rest)) {
            return true;
        }
    }
    if digits < 3 {
        return false;
    }
    // The extension may begin anywhere in what could still be number.
    loop {
        let Some(c) = rest.chars().next() else { return true };
        if is_extension(rest) {
            return true;
        }
        if !(is_digit(c) || is_punctuation(c) || c.is_ascii_alphabetic()) {
            return false;
        }
        rest = &rest[c.len_utf8()..];
    }
}

/// Without the longest extension that leaves a number.
fn without_extension(number: &str) -> &str {
    let tail = number.strip_suffix('#').unwrap_or(number).trim_end_matches(is_digit);
    // Nothing in an extension but its end is a digit.
    let first = tail.trim_end_matches(|c| !is_digit(c)).len();
    let extension = number[first..].char_indices().map(|(at, _)| first + at).find(|at| is_extension(&number[*at..]));
    match extension {
        Some(at) if is_viable(&number[..at]) => &number[..at],
        _ => number,
    }
}

/// Whether all of the text is an extension: a label and digits. The clearer the label, the more digits it may have.
fn is_extension(text: &str) -> bool {
    if text.len() > LONGEST_EXTENSION {
        return false;
    }
    let (body, hash) = text.strip_suffix('#').map_or((text, false), |body| (body, true));
    let label = body.trim_end_matches(is_digit);
    let digits = body[label.len()..].chars().count();
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
