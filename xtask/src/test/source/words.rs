//! Rust source as a flat list of words: macros are looked into as deep as anything else, comments are gone.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) line: usize,
    /// The innermost function, constant or static around it.
    pub(crate) item: String,
    /// How many `mod … { }` of this file are around it.
    pub(crate) depth: usize,
    /// Compiled for tests only.
    pub(crate) in_tests: bool,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Name(String),
    /// What a string literal means, escapes resolved.
    Text(String),
    /// `::` as one.
    Join,
    Mark(char),
    Open(char),
    Close,
    Other,
}

impl Word {
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// `in_tests`: the whole file is.
pub(crate) fn words(source: &str, in_tests: bool) -> Vec<Word> {
    let mut found = Vec::new();
    if let Ok(stream) = source.parse::<TokenStream>() {
        flatten(stream, &Place { item: "", depth: 0, in_tests }, &mut found);
    }
    found
}

#[derive(Clone, Copy)]
struct Place<'a> {
    item: &'a str,
    depth: usize,
    in_tests: bool,
}

fn flatten(stream: TokenStream, place: &Place<'_>, found: &mut Vec<Word>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    // What was declared or marked last; each holds to the end of the declaration.
    let mut item: Option<String> = None;
    let mut marked = false;
    let mut at = 0;
    while let Some(tree) = trees.get(at) {
        let here = Place {
            item: item.as_deref().unwrap_or(place.item),
            depth: place.depth,
            in_tests: place.in_tests || marked,
        };
        let line = tree.span().start().line;
        at += 1;
        match tree {
            TokenTree::Punct(mark) if mark.as_char() == '#' && attribute(&trees[at..]).as_deref() == Some("doc") => {
                at += 1 + usize::from(matches!(&trees[at], TokenTree::Punct(_)));
            }
            TokenTree::Punct(mark)
                if mark.as_char() == ':' && mark.spacing() == Spacing::Joint && is_colon(trees.get(at)) =>
            {
                found.push(here.word(line, Kind::Join));
                at += 1;
            }
            TokenTree::Punct(mark) => {
                marked |= mark.as_char() == '#' && attribute(&trees[at..]).as_deref() == Some("cfg(test)");
                found.push(here.word(line, Kind::Mark(mark.as_char())));
                if mark.as_char() == ';' {
                    (item, marked) = (None, false);
                }
            }
            TokenTree::Ident(name) => {
                let name = name.to_string();
                found.push(here.word(line, Kind::Name(name.trim_start_matches("r#").to_owned())));
                item = declared(&name, &trees, at).or(item);
            }
            TokenTree::Literal(literal) => {
                let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
                found.push(here.word(line, text.map_or(Kind::Other, |text| Kind::Text(text.value()))));
            }
            TokenTree::Group(group) => {
                let is_braces = group.delimiter() == Delimiter::Brace;
                found.push(here.word(line, Kind::Open(bracket(group.delimiter()))));
                let deeper = usize::from(is_braces && is_module(&trees, at - 1));
                flatten(group.stream(), &Place { depth: here.depth + deeper, ..here }, found);
                found.push(here.word(group.span_close().start().line, Kind::Close));
                if is_braces {
                    (item, marked) = (None, false);
                }
            }
        }
    }
}

impl Place<'_> {
    fn word(&self, line: usize, kind: Kind) -> Word {
        Word { line, item: self.item.to_owned(), depth: self.depth, in_tests: self.in_tests, kind }
    }
}

const fn bracket(delimiter: Delimiter) -> char {
    match delimiter {
        Delimiter::Brace => '{',
        Delimiter::Bracket => '[',
        Delimiter::Parenthesis | Delimiter::None => '(',
    }
}

/// What stands after `fn`, `const` or `static`, unless that is another such word or the `const` of `<const N: usize>`.
fn declared(keyword: &str, trees: &[TokenTree], next: usize) -> Option<String> {
    let declares = matches!(keyword, "fn" | "const" | "static") && !is_generic(trees, next - 1);
    match trees.get(next) {
        Some(TokenTree::Ident(name)) if declares && name != "fn" => Some(name.to_string()),
        _ => None,
    }
}

/// After `#`: what kind of attribute it is. Comments for readers arrive as `doc`.
fn attribute(after: &[TokenTree]) -> Option<String> {
    let group = match after {
        [TokenTree::Punct(mark), TokenTree::Group(group), ..] if mark.as_char() == '!' => group,
        [TokenTree::Group(group), ..] => group,
        _ => return None,
    };
    let text = group.stream().to_string();
    let name = text.split([' ', '=', '(']).next().unwrap_or_default().to_owned();
    if name == "cfg" { Some(text.replace(' ', "")) } else { Some(name) }
}

fn is_colon(tree: Option<&TokenTree>) -> bool {
    matches!(tree, Some(TokenTree::Punct(mark)) if mark.as_char() == ':')
}

/// `<const N: usize>`
fn is_generic(trees: &[TokenTree], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| trees.get(before));
    matches!(before, Some(TokenTree::Punct(mark)) if matches!(mark.as_char(), '<' | ','))
}

/// `mod name { … }`
fn is_module(trees: &[TokenTree], at: usize) -> bool {
    let before = at.checked_sub(2).and_then(|before| trees.get(before));
    matches!(before, Some(TokenTree::Ident(word)) if word == "mod")
}

/// The calls of macros whose name `wanted` knows: the name's place, and the words between the brackets.
pub(crate) fn macro_calls(words: &[Word], wanted: fn(&str) -> bool) -> Vec<(&Word, &[Word])> {
    let mut calls = Vec::new();
    for (at, window) in words.windows(3).enumerate() {
        let [name, mark, open] = window else { continue };
        let is_call = mark.kind == Kind::Mark('!') && matches!(open.kind, Kind::Open(_));
        if is_call && name.name().is_some_and(wanted) {
            calls.push((name, inside(words, at + 2)));
        }
    }
    calls
}

/// What stands between the bracket at `open` and the one that closes it.
pub(crate) fn inside(words: &[Word], open: usize) -> &[Word] {
    let mut level = 0_usize;
    for (at, word) in words.iter().enumerate().skip(open) {
        match word.kind {
            Kind::Open(_) => level += 1,
            Kind::Close => level -= 1,
            _ => {}
        }
        if level == 0 {
            return &words[open + 1..at];
        }
    }
    &words[open + 1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<(usize, String, String)> {
        let texts = words(source, false).into_iter();
        texts.filter_map(|word| Some((word.line, word.item.clone(), word.text()?.to_owned()))).collect()
    }

    #[test]
    fn finds_texts_in_macros_and_says_whose_they_are() {
        let source = "//! \"a comment\"\nconst A: &str = \"one\";\nimpl X {\n    /// \"doc\"\n    pub const fn get<const N: usize>() {\n        \
                      x(&format!(\"two\\n\"), r#\"three\"#);\n    }\n}\nstatic B: &str = \"four\";";
        let own = |(line, item, text): (usize, &str, &str)| (line, item.to_owned(), text.to_owned());
        let expected = [(2, "A", "one"), (6, "get", "two\n"), (6, "get", "three"), (9, "B", "four")];
        assert_eq!(texts(source), expected.map(own));
    }

    #[test]
    fn knows_what_is_compiled_for_tests_only() {
        let source = "a; #[cfg(test)] mod tests { b } impl X { c #[cfg(test)] pub fn f() -> D { e } g }";
        let in_tests: Vec<_> = words(source, false)
            .into_iter()
            .filter(|word| word.in_tests && word.name().is_some_and(|name| name.len() == 1))
            .filter_map(|word| word.name().map(ToOwned::to_owned))
            .collect();
        assert_eq!(in_tests, ["b", "f", "D", "e"]);
        assert!(words("a", true).iter().all(|word| word.in_tests));
    }

    #[test]
    fn counts_modules_in_a_file() {
        let depths: Vec<_> = words("a; mod tests { b; mod deep { c } } d", false)
            .into_iter()
            .filter(|word| matches!(word.name(), Some("a" | "b" | "c" | "d")))
            .map(|word| word.depth)
            .collect();
        assert_eq!(depths, [0, 1, 2, 0]);
    }

    #[test]
    fn finds_macro_calls_with_what_is_in_them() {
        let words = words("if x != y { tracing::info!(a = f(1), \"b\"); other!() }", false);
        let calls = macro_calls(&words, |name| name == "info");
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].1.last().unwrap().text(), Some("b"));
    }
}
