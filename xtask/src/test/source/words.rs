//! Rust source as a flat list of words: macros are looked into as deep as anything else, comments are gone.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) line: usize,
    /// The innermost function, constant or static around it.
    pub(crate) item: String,
    /// How many `mod … { }` of this file are around it.
    pub(crate) depth: usize,
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

pub(crate) fn words(source: &str) -> Vec<Word> {
    let mut found = Vec::new();
    if let Ok(stream) = source.parse::<TokenStream>() {
        flatten(stream, &Place { item: "", depth: 0 }, &mut found);
    }
    found
}

#[derive(Clone, Copy)]
struct Place<'a> {
    item: &'a str,
    depth: usize,
}

fn flatten(stream: TokenStream, place: &Place<'_>, found: &mut Vec<Word>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut item: Option<String> = None;
    let mut at = 0;
    while let Some(tree) = trees.get(at) {
        let around = Place { item: item.as_deref().unwrap_or(place.item), depth: place.depth };
        let mut push = |kind| {
            let line = tree.span().start().line;
            found.push(Word { line, item: around.item.to_owned(), depth: around.depth, kind });
        };
        at += 1;
        match tree {
            TokenTree::Punct(mark) if mark.as_char() == '#' && is_doc(&trees[at..]) => {
                at += 1 + usize::from(matches!(&trees[at], TokenTree::Punct(_)));
            }
            TokenTree::Punct(mark)
                if mark.as_char() == ':' && mark.spacing() == Spacing::Joint && is_colon(trees.get(at)) =>
            {
                push(Kind::Join);
                at += 1;
            }
            TokenTree::Punct(mark) => {
                push(Kind::Mark(mark.as_char()));
                if mark.as_char() == ';' {
                    item = None;
                }
            }
            TokenTree::Ident(name) => {
                let name = name.to_string();
                push(Kind::Name(name.trim_start_matches("r#").to_owned()));
                let declares = matches!(name.as_str(), "fn" | "const" | "static") && !is_generic(&trees, at - 1);
                if declares
                    && let Some(TokenTree::Ident(declared)) = trees.get(at)
                    && declared != "fn"
                {
                    item = Some(declared.to_string());
                }
            }
            TokenTree::Literal(literal) => push(match syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                Ok(text) => Kind::Text(text.value()),
                Err(_) => Kind::Other,
            }),
            TokenTree::Group(group) => {
                push(Kind::Open(match group.delimiter() {
                    Delimiter::Brace => '{',
                    Delimiter::Bracket => '[',
                    Delimiter::Parenthesis | Delimiter::None => '(',
                }));
                let deeper = group.delimiter() == Delimiter::Brace && is_module(&trees, at - 1);
                let inside = Place { depth: around.depth + usize::from(deeper), ..around };
                flatten(group.stream(), &inside, found);
                let line = group.span_close().start().line;
                found.push(Word { line, item: place.item.to_owned(), depth: place.depth, kind: Kind::Close });
                if group.delimiter() == Delimiter::Brace {
                    item = None;
                }
            }
        }
    }
}

/// After `#`: `[doc = …]` or `![doc = …]`, which is how comments for readers arrive.
fn is_doc(after: &[TokenTree]) -> bool {
    let inside = match after {
        [TokenTree::Punct(mark), TokenTree::Group(group), ..] if mark.as_char() == '!' => group,
        [TokenTree::Group(group), ..] => group,
        _ => return false,
    };
    inside.stream().into_iter().next().is_some_and(|first| first.to_string() == "doc")
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
        let texts = words(source).into_iter();
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
    fn counts_modules_in_a_file() {
        let depths: Vec<_> = words("a; mod tests { b; mod deep { c } } d")
            .into_iter()
            .filter(|word| matches!(word.name(), Some("a" | "b" | "c" | "d")))
            .map(|word| word.depth)
            .collect();
        assert_eq!(depths, [0, 1, 2, 0]);
    }

    #[test]
    fn finds_macro_calls_with_what_is_in_them() {
        let words = words("if x != y { tracing::info!(a = f(1), \"b\"); other!() }");
        let calls = macro_calls(&words, |name| name == "info");
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].1.last().unwrap().text(), Some("b"));
    }
}
