//! What is said of interfaces, against tools that others made.
//!
//! The local systems against the real ones' published clients: an answer that the client does not understand is wrong.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::emulator::Emulator;
use super::program::{Ended, complete, show_nothing};
use super::python;
use super::report::Outcome;
use super::rust;
use super::test_run::TestRun;
use crate::node;

/// The published Python client of Attio's API; its models were generated from the API's own description.
const ATTIO_CLIENT: &str = "attio==0.26.1";

pub(super) fn attio(run: &mut TestRun<'_>) -> Result<Outcome> {
    let venv = match python::venv(run, "attio-client", ATTIO_CLIENT)? {
        Ok(venv) => venv,
        Err(missing) => return Ok(missing),
    };
    let emulator = Emulator::start(run, "attio")?;
    let mut command = Command::new(venv.program("python"));
    command.arg(run.workspace.root.join("tests/world/attio/spec_check.py")).arg(&emulator.url);
    Ok(counted(&complete(run, "attio-spec", command, show_nothing)?))
}

/// A validator of OpenAPI, and a fuzzer that knows it; what the fuzzer generates with is pinned as well, so that runs are alike.
const OPENAPI_TOOLS: &str = "schemathesis==4.32.5 hypothesis==6.170.15 openapi-spec-validator==0.9.0";

/// Our own description against our own service.
pub(super) fn service(run: &mut TestRun<'_>) -> Result<Outcome> {
    let venv = match python::venv(run, "openapi-tools", OPENAPI_TOOLS)? {
        Ok(venv) => venv,
        Err(missing) => return Ok(missing),
    };
    let binaries = rust::built(run, "alc").parent().map(Path::to_owned).unwrap_or_default();
    let mut command = Command::new(venv.program("python"));
    let script = run.workspace.root.join("tests/strangers/description_check.py");
    command.arg(script).arg(binaries).arg(run.folder().join("openapi"));
    Ok(counted(&complete(run, "openapi", command, show_nothing)?))
}

/// The gateway's own helper library for Node.
pub(super) fn sms(run: &mut TestRun<'_>) -> Result<Outcome> {
    let folder = run.workspace.root.join("tests/world/sms");
    node::install_packages(&folder)?;
    let emulator = Emulator::start(run, "sms")?;
    let mut command = Command::new("node");
    command.arg("spec_check.mjs").arg(&emulator.url).current_dir(&folder);
    Ok(counted(&complete(run, "sms-spec", command, show_nothing)?))
}

/// The scripts print a line per check and `N passed, N failed`.
fn counted(ended: &Ended) -> Outcome {
    let mut outcome = Outcome::default();
    for line in ended.text.lines() {
        if line.starts_with("ok ") {
            outcome.passed += 1;
        } else if let Some(name) = line.strip_prefix("FAILED ") {
            outcome.failures.push(name.trim().to_owned());
        }
    }
    match outcome.failures.last_mut() {
        Some(last) => *last = format!("{last}\n{}", ended.tail()),
        None if !ended.well => outcome.failures.push(ended.tail()),
        None => {}
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(well: bool, text: &str) -> Ended {
        Ended { well, text: text.to_owned(), log: "spec.log".into() }
    }

    #[test]
    fn counts_each_check() {
        let outcome = counted(&ended(false, "ok      one\nFAILED  two\nTraceback\n1 passed, 1 failed\n"));
        assert_eq!((outcome.passed, outcome.failures.len()), (1, 1));
        assert!(outcome.failures[0].starts_with("two\n") && outcome.failures[0].contains("Traceback"));
    }

    #[test]
    fn a_script_that_ends_badly_failed_whatever_it_said() {
        assert_eq!(counted(&ended(false, "ok      one\nwrong version\n")).failures.len(), 1);
    }
}
