//! The steps that run in Node: lint, format and types of the app, its tests, the host's, and the core's vectors in wasm.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::program::{Ended, complete, show_nothing};
use super::report::Outcome;
use super::test_run::TestRun;
use crate::node;

pub(super) fn lint(run: &mut TestRun<'_>) -> Result<Outcome> {
    script(run, "lint", "do what the rule says; where it is wrong, disable it on that line and say why")
}

pub(super) fn format(run: &mut TestRun<'_>) -> Result<Outcome> {
    script(run, "format:check", "run `npm run format` in app-ui")
}

pub(super) fn types(run: &mut TestRun<'_>) -> Result<Outcome> {
    script(run, "typecheck", "make the types agree; `cargo xtask app` writes those of the core")
}

fn script(run: &TestRun<'_>, script: &str, cure: &str) -> Result<Outcome> {
    let mut command = node::npm();
    command.args(["run", "--silent", script]).current_dir(run.workspace.app());
    let ended = complete(run, &format!("app-{}", script.replace(':', "-")), command, show_nothing)?;
    Ok(ended.outcome(cure))
}

/// What vitest finds.
pub(super) fn app_tests(run: &mut TestRun<'_>) -> Result<Outcome> {
    let verdicts = run.folder().join("app-tests.json");
    let mut command = node::tool(&run.workspace.app(), "vitest");
    command.args(["run", "--reporter=default", "--reporter=json"]);
    command.arg(format!("--outputFile.json={}", verdicts.display()));
    forget(&verdicts)?;
    let ended = complete(run, "app-tests", command, show_nothing)?;
    let Ok(text) = fs::read(&verdicts) else { return Ok(Outcome::failed(ended.tail())) };
    let told = serde_json::from_slice(&text).context("vitest's report is not JSON")?;
    Ok(or_tail(read_vitest(&told), &ended))
}

pub(super) fn host_tests(run: &mut TestRun<'_>) -> Result<Outcome> {
    node_tests(run, "host-tests", &run.workspace.app().join("host"), &[])
}

/// The shared vectors, told by the wasm build and its fallback as the app loads them.
pub(super) fn wasm_vectors(run: &mut TestRun<'_>) -> Result<Outcome> {
    node_tests(run, "wasm-vectors", &run.workspace.root.join("wasm/tests"), &[])
}

/// What `node --test` finds in a folder; `environment` says where things are.
pub(super) fn node_tests(
    run: &TestRun<'_>,
    name: &str,
    folder: &Path,
    environment: &[(&str, &Path)],
) -> Result<Outcome> {
    // Given one by one: what Node does with a folder differs between its versions.
    let mut files = Vec::new();
    find_tests(folder, &mut files)?;
    if files.is_empty() {
        return Ok(Outcome::failed(format!("{} holds no *.test.mjs", folder.display())));
    }
    let verdicts = run.folder().join(format!("{name}.tap"));
    let mut command = Command::new("node");
    command.args(["--test", "--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap"]);
    command.arg(format!("--test-reporter-destination={}", verdicts.display())).args(&files);
    command.envs(environment.iter().copied()).current_dir(&run.workspace.root);
    forget(&verdicts)?;
    let ended = complete(run, name, command, show_nothing)?;
    let told = fs::read_to_string(&verdicts).unwrap_or_default();
    Ok(or_tail(read_tap(&told), &ended))
}

fn find_tests(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if path.is_dir() && name != "node_modules" {
            find_tests(&path, found)?;
        } else if name.ends_with(".test.mjs") {
            found.push(path);
        }
    }
    Ok(())
}

/// A report of an earlier run must not pass for this one's.
fn forget(report: &Path) -> Result<()> {
    match fs::remove_file(report) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", report.display()))
        }
        _ => Ok(()),
    }
}

/// Single verdicts say what failed, the log says why; a runner that failed by itself is a failure too.
fn or_tail(mut outcome: Outcome, ended: &Ended) -> Outcome {
    if !ended.well && outcome.failures.is_empty() {
        outcome.failures.push(ended.tail());
    } else if let Some(last) = outcome.failures.last_mut() {
        last.push('\n');
        last.push_str(&ended.tail());
    }
    outcome
}

fn read_vitest(told: &Value) -> Outcome {
    let none = Vec::new();
    let list = |value: &Value| value.as_array().unwrap_or(&none).clone();
    let mut outcome = Outcome::default();
    for file in list(&told["testResults"]) {
        let tests = list(&file["assertionResults"]);
        let name = file["name"].as_str().unwrap_or("a test file");
        if tests.is_empty() && file["status"] != "passed" {
            outcome.failures.push(format!("{name}: {}", file["message"].as_str().unwrap_or("it cannot be loaded")));
        }
        for test in tests {
            let title = test["fullName"].as_str().unwrap_or("a test");
            let messages = list(&test["failureMessages"]);
            let why: Vec<_> = messages.iter().filter_map(Value::as_str).collect();
            match test["status"].as_str() {
                Some("passed") => outcome.passed += 1,
                Some("failed") => outcome.failures.push(format!("{name}: {title}\n{}", why.join("\n"))),
                _ => outcome.skips.push(format!("{name}: {title}: make it run or delete it")),
            }
        }
    }
    outcome
}

/// TAP as `node --test` writes it: the closing counts, and the names of what failed.
fn read_tap(told: &str) -> Outcome {
    let count = |what: &str| {
        let closing =
            told.lines().rev().find_map(|line| line.strip_prefix("# ")?.strip_prefix(what)?.strip_prefix(' '));
        closing.and_then(|number| number.parse::<usize>().ok()).unwrap_or_default()
    };
    let (failed, skipped) = (count("fail") + count("cancelled"), count("skipped") + count("todo"));
    let mut names = told.lines().filter_map(|line| line.trim_start().strip_prefix("not ok ")?.split_once(" - "));
    let mut name = || names.next().map_or("a test", |(_, name)| name).to_owned();
    Outcome {
        passed: count("pass"),
        failures: (0..failed).map(|_| name()).collect(),
        skips: (0..skipped).map(|_| "a test is marked skip or todo: make it run or delete it".to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_vitest() {
        let told = json!({"testResults": [
            {"name": "a.test.ts", "status": "failed", "assertionResults": [
                {"fullName": "adds", "status": "passed", "failureMessages": []},
                {"fullName": "fails", "status": "failed", "failureMessages": ["1 is not 2"]},
                {"fullName": "waits", "status": "pending", "failureMessages": []},
            ]},
            {"name": "b.test.ts", "status": "failed", "message": "cannot find module", "assertionResults": []},
        ]});
        let outcome = read_vitest(&told);
        assert_eq!(outcome.passed, 1);
        assert_eq!(outcome.failures, ["a.test.ts: fails\n1 is not 2", "b.test.ts: cannot find module"]);
        assert_eq!(outcome.skips.len(), 1);
    }

    #[test]
    fn reads_tap() {
        let told = "TAP version 13\n# Subtest: one\nok 1 - one\n# Subtest: two\nnot ok 2 - two\n# Subtest: three\n\
                    ok 3 - three # SKIP\n1..3\n# tests 3\n# suites 0\n# pass 1\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0\n";
        let outcome = read_tap(told);
        assert_eq!((outcome.passed, outcome.skips.len()), (1, 1));
        assert_eq!(outcome.failures, ["two"]);
    }

    #[test]
    fn an_empty_report_proves_nothing() {
        let outcome = read_tap("");
        assert_eq!(outcome.passed + outcome.failures.len() + outcome.skips.len(), 0);
    }
}
