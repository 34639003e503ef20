//! The project's own files, as the checks see them: what git knows or would add, and Rust source as words.

mod paths;
mod words;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

pub(super) use self::paths::{PathUse, paths};
pub(super) use self::words::{Kind, Word, inside, macro_calls, words};
use crate::workspace::output_of;

/// A file, by its path from the root with forward slashes.
#[derive(Debug, Clone)]
pub(super) struct SourceFile {
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

impl SourceFile {
    #[cfg(test)]
    pub(super) fn planted(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    /// None for what is no text.
    pub(super) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    pub(super) fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Rust source; what does not lex has no words, and the compiler says so.
    pub(super) fn words(&self) -> Vec<Word> {
        let in_tests = self.path.contains("/tests/") || self.path.ends_with("/tests.rs");
        self.text().map(|text| words(text, in_tests)).unwrap_or_default()
    }
}

/// What git tracks, and what it would track if asked to add everything.
pub(super) fn files(root: &Path) -> Result<Vec<SourceFile>> {
    listed(root, &["--cached", "--others", "--exclude-standard"])?
        .into_iter()
        .filter(|path| root.join(path).is_file())
        .map(|path| {
            let bytes = fs::read(root.join(&path)).with_context(|| format!("cannot read {path}"))?;
            Ok(SourceFile { path, bytes })
        })
        .collect()
}

/// What is tracked although `.gitignore` calls it made by a tool.
pub(super) fn tracked_but_ignored(root: &Path) -> Result<Vec<String>> {
    let mut paths = listed(root, &["--cached", "--ignored", "--exclude-standard"])?;
    paths.retain(|path| root.join(path).is_file());
    Ok(paths)
}

fn listed(root: &Path, which: &[&str]) -> Result<Vec<String>> {
    let root: PathBuf = root.into();
    let output = output_of(Command::new("git").args(["ls-files", "-z"]).args(which).current_dir(root))
        .context("the checks look at what git tracks: run them in a clone, with git installed")?;
    let mut paths: Vec<String> =
        String::from_utf8(output)?.split('\0').filter(|path| !path.is_empty()).map(ToOwned::to_owned).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// A place in a file and what is wrong there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

pub(super) fn finding(file: &SourceFile, line: usize, what: impl Into<String>) -> Finding {
    Finding { path: file.path.clone(), line, what: what.into() }
}

/// The Rust files under a folder (`server/src/store/`).
pub(super) fn rust_under<'a>(files: &'a [SourceFile], folder: &'a str) -> impl Iterator<Item = &'a SourceFile> {
    files.iter().filter(move |file| file.path.starts_with(folder) && file.extension() == "rs")
}
