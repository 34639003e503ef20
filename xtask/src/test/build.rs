//! The app as it is shipped, and the whole product with it: what the other commands of xtask make, checked.

use std::process::Command;

use anyhow::{Context as _, Result};

use super::program::{complete, forget_xtask};
use super::report::Outcome;
use super::test_run::TestRun;

pub(super) fn app(run: &mut TestRun<'_>) -> Result<Outcome> {
    crate::app::build(run.workspace)?;
    Ok(Outcome::passed(1))
}

/// Every person of the local Attio through every layer, each system a process of its own.
pub(super) fn demo(run: &mut TestRun<'_>) -> Result<Outcome> {
    let mut command = Command::new(std::env::current_exe().context("this program does not know where it lies")?);
    forget_xtask(&mut command);
    command.args(["demo", "--check"]).current_dir(&run.workspace.root);
    let ended = complete(run, "demo", command, |line| line.starts_with('{'))?;
    Ok(ended.outcome("run `cargo xtask demo --check` and read what differs"))
}
