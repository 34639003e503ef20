//! Every path that source names, `use` trees spelled out: `use a::{b, c::d};` names `a::b` and `a::c::d`.

use super::words::{Kind, Word};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathUse {
    pub(crate) line: usize,
    /// How many `mod … { }` of the file are around it.
    pub(crate) depth: usize,
    /// Compiled for tests only.
    pub(crate) in_tests: bool,
    pub(crate) segments: Vec<String>,
}

impl PathUse {
    pub(crate) fn names(&self, segment: &str) -> bool {
        self.segments.iter().any(|own| own == segment)
    }

    pub(crate) fn starts_with(&self, segments: &[&str]) -> bool {
        self.segments.len() >= segments.len() && self.segments.iter().zip(segments).all(|(own, wanted)| own == wanted)
    }
}

impl std::fmt::Display for PathUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.segments.join("::"))
    }
}

/// May stand before a path that begins with `::`, and are no part of it.
const KEYWORDS: &[&str] = &["as", "dyn", "else", "if", "impl", "in", "match", "mut", "ref", "return", "use"];

pub(crate) fn paths(words: &[Word]) -> Vec<PathUse> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word.name().is_some_and(|name| !KEYWORDS.contains(&name)) {
            at = spell_out(words, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// From the name at `at` to the path's end, or to the ends of all its branches; answers where to go on.
fn spell_out(words: &[Word], mut at: usize, before: &[String], found: &mut Vec<PathUse>) -> usize {
    let mut segments = before.to_vec();
    let start = &words[at];
    loop {
        match words.get(at).map(|word| &word.kind) {
            Some(Kind::Name(name)) => segments.push(name.clone()),
            Some(Kind::Mark('*')) => segments.push("*".to_owned()),
            Some(Kind::Open('{')) => return spell_branches(words, at + 1, &segments, found),
            // A turbofish: `Vec::<u8>`.
            _ => break,
        }
        at += 1;
        match words.get(at) {
            Some(next) if next.kind == Kind::Join => at += 1,
            _ => break,
        }
    }
    found.push(PathUse { line: start.line, depth: start.depth, in_tests: start.in_tests, segments });
    at
}

fn spell_branches(words: &[Word], mut at: usize, before: &[String], found: &mut Vec<PathUse>) -> usize {
    while let Some(word) = words.get(at) {
        match &word.kind {
            Kind::Close => return at + 1,
            Kind::Name(name) if name == "as" => at += 2,
            Kind::Name(_) | Kind::Mark('*') => at = spell_out(words, at, before, found),
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn spelled(source: &str) -> Vec<String> {
        paths(&words(source, false)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn spells_out_use_trees() {
        assert_eq!(spelled("use a::{self, b as x, c::{d, e::*}};"), ["a::self", "a::b", "a::c::d", "a::c::e::*"]);
        assert_eq!(spelled("use ::a::b;"), ["a::b"]);
    }

    #[test]
    fn follows_paths_in_code_and_macros() {
        assert_eq!(spelled("a::b(c::<d>::e)"), ["a::b", "c", "d", "e"]);
        assert_eq!(spelled("m!(x = a::b)"), ["m", "x", "a::b"]);
        assert_eq!(spelled("if a::B { c }"), ["a::B", "c"]);
    }
}
