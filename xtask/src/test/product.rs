//! The whole: the app as it is shipped, and the product with everything around it.

use std::process::Command;

use anyhow::Result;

use super::program::{complete, fresh_cargo};
use super::report::Outcome;
use super::rust;
use super::test_run::TestRun;

pub(super) fn app(run: &mut TestRun<'_>) -> Result<Outcome> {
    let mut command = fresh_cargo(run);
    command.args(["xtask", "app"]);
    let ended = complete(run, "app", command, is_size)?;
    crate::app::build_example(run.workspace)?;
    Ok(ended.outcome("run `cargo xtask app` and read what it says"))
}

/// A row of the table of sizes.
fn is_size(line: &str) -> bool {
    line.split_whitespace().rev().take(3).filter(|word| word.parse::<u64>().is_ok()).count() == 3
}

/// What `cargo xtask demo --check` runs, with what is built already: every person of the local Attio through every layer, each
/// system a process of its own.
pub(super) fn demo(run: &mut TestRun<'_>) -> Result<Outcome> {
    let mut command = Command::new(rust::built(run, "demo"));
    command.args(["--check", "--binaries"]).arg(run.workspace.target.join("debug"));
    command.current_dir(&run.workspace.root);
    let ended = complete(run, "demo", command, |line| line.starts_with('{'))?;
    Ok(ended.outcome("run `cargo xtask demo --check` and read what differs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_row_of_sizes() {
        assert!(is_size("dist/index.js                10963       3554      14620"));
        assert!(!is_size("bytes                          raw       gzip     base64"));
        assert!(!is_size("app-ui: building the bundles"));
    }
}
