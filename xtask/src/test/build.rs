//! The other commands of xtask, as anyone runs them: the app as it is shipped, and the whole product with it.

use anyhow::Result;

use super::program::{complete, fresh_cargo};
use super::report::Outcome;
use super::test_run::TestRun;

pub(super) fn app(run: &mut TestRun<'_>) -> Result<Outcome> {
    xtask(run, "app", &[], is_size)
}

/// Every person of the local Attio through every layer, each system a process of its own.
pub(super) fn demo(run: &mut TestRun<'_>) -> Result<Outcome> {
    xtask(run, "demo", &["--check"], |line| line.starts_with('{'))
}

fn xtask(run: &TestRun<'_>, name: &str, options: &[&str], show: fn(&str) -> bool) -> Result<Outcome> {
    let mut command = fresh_cargo(run);
    command.args(["xtask", name]).args(options);
    let ended = complete(run, name, command, show)?;
    let line = [&["cargo", "xtask", name], options].concat().join(" ");
    Ok(ended.outcome(&format!("run `{line}` and read what it says")))
}

/// A row of the table of sizes.
fn is_size(line: &str) -> bool {
    line.split_whitespace().rev().take(3).filter(|word| word.parse::<u64>().is_ok()).count() == 3
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
