//! The steps that are cargo's: format, lint, the core for wasm32, every Rust test.

use std::path::PathBuf;

use anyhow::Result;

use super::libtest::{self, Test, Verdict};
use super::program::{Ended, complete, fresh_cargo, show_nothing};
use super::report::Outcome;
use super::tellings;
use super::test_run::TestRun;
use crate::part;

pub(super) fn format(run: &mut TestRun<'_>) -> Result<Outcome> {
    let ended = cargo(run, "rustfmt", &["fmt", "--all", "--check", "--", "--color=never"])?;
    Ok(ended.outcome("run `cargo fmt --all`"))
}

pub(super) fn lint(run: &mut TestRun<'_>) -> Result<Outcome> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--all-features", "--quiet", "--", "-D", "warnings"];
    let ended = cargo(run, "clippy", &arguments)?;
    Ok(ended.outcome("do what the lint says; where it is wrong, `#[expect(…, reason = \"…\")]` on the smallest item"))
}

/// Invariant 1 as the compiler sees it: with and without the numbering plans, for a machine without an operating system.
pub(super) fn core_for_wasm(run: &mut TestRun<'_>) -> Result<Outcome> {
    part::ensure_target(run.workspace)?;
    let check = ["check", "--quiet", "--package", "alc-core", "--lib", "--target", "wasm32-unknown-unknown"];
    let cure = "alc-core decides and does nothing else; what needs a system (time, files, network, randomness) is passed in \
                by the caller: move the I/O to alc-server and hand the core its result";
    let whole = cargo(run, "core-wasm32", &check)?.outcome(cure);
    let bare = cargo(run, "core-wasm32-bare", &[&check[..], &["--no-default-features"]].concat())?.outcome(cure);
    Ok(whole.and(bare))
}

fn cargo(run: &TestRun<'_>, log: &str, arguments: &[&str]) -> Result<Ended> {
    let mut command = fresh_cargo(run);
    command.args(arguments);
    complete(run, log, command, show_nothing)
}

/// The service, the local systems and all tests at once. The tests are compiled with features that what is tested alone would
/// lack, so programs built apart from them would be built anew, dependencies and all: every later step uses these.
pub(super) fn build(run: &mut TestRun<'_>) -> Result<Outcome> {
    let ended = cargo(run, "build", &["build", "--quiet", "--workspace", "--exclude", "xtask", "--all-targets"])?;
    Ok(ended.outcome("make it compile"))
}

/// A program of ours that the step `build` left.
pub(super) fn built(run: &TestRun<'_>, name: &str) -> PathBuf {
    run.workspace.target.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Every Rust test, the stories among them. With `--show-output` a test that passed by skipping is told from one that ran.
pub(super) fn test(run: &mut TestRun<'_>) -> Result<Outcome> {
    // xtask is tested as it was built to run: for the same reason, and for its program not to be replaced under us.
    let (product, told) = cargo_test(run, "rust-tests", &["--workspace", "--exclude", "xtask"])?;
    let (xtask, _) = cargo_test(run, "xtask-tests", &["--package", "xtask"])?;
    Ok(product.and(tellings::check(&told)).and(xtask))
}

fn cargo_test(run: &TestRun<'_>, log: &str, packages: &[&str]) -> Result<(Outcome, Vec<Test>)> {
    let mut command = fresh_cargo(run);
    command.arg("test").args(packages).args(["--no-fail-fast", "--", "--show-output"]);
    command.envs(run.server_urls());
    let ended = complete(run, log, command, libtest::is_progress)?;
    let tests = libtest::parse(&ended.text);
    let mut outcome = Outcome::default();
    for test in &tests {
        match &test.verdict {
            Verdict::Passed => outcome.passed += 1,
            Verdict::Failed => outcome.failures.push(format!("{test}\n{}", test.output.trim())),
            Verdict::Skipped(why) => outcome.skips.push(format!("{test}: {why}")),
        }
    }
    let crashed = libtest::without_result(&ended.text);
    outcome.failures.extend(crashed.iter().map(|binary| {
        format!("{binary} ended before its tests did (a crash?); its output stands in {}", ended.log.display())
    }));
    if !ended.well && outcome.failures.is_empty() {
        outcome.failures.push(ended.tail());
    }
    Ok((outcome, tests))
}
