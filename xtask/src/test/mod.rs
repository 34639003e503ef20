//! `cargo xtask test`: every check there is, in one run that shows all failures.
//!
//! A step is a function from the [`TestRun`] to an [`Outcome`] that counts single tests and checks. What a step leaves for a later one
//! (the servers, the way to a browser) lies on the run. A new kind of check is one line in [`STEPS`].

mod browser;
mod chromium;
mod deny;
mod emulator;
mod house;
mod invariants;
mod javascript;
mod libtest;
mod local_server;
mod postgres;
mod product;
mod program;
pub(crate) mod python;
mod redis;
mod report;
mod rust;
mod source;
mod spec;
mod strangers;
mod tellings;
mod test_run;

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use self::report::{Outcome, Report};
use self::test_run::TestRun;
use crate::workspace::Workspace;

struct Step {
    name: &'static str,
    /// Earlier steps without whose success this one could only fail too. Who chooses it chooses them.
    needs: &'static [&'static str],
    run: fn(&mut TestRun<'_>) -> Result<Outcome>,
}

const fn step(
    name: &'static str,
    needs: &'static [&'static str],
    run: fn(&mut TestRun<'_>) -> Result<Outcome>,
) -> Step {
    Step { name, needs, run }
}

/// Quick ones first: who breaks a rule, or lacks a part, hears so before the long builds.
const STEPS: &[Step] = &[
    step("tools", &[], test_run::find_tools),
    step("house", &["tools"], house::check),
    step("invariants", &["tools"], invariants::check),
    step("rustfmt", &["tools"], rust::format),
    step("chromium", &["tools"], chromium::find),
    step("redis", &["tools"], redis::start),
    step("postgresql", &["tools"], postgres::start),
    step("dependencies", &["tools"], deny::check),
    step("core-wasm32", &["tools"], rust::core_for_wasm),
    step("app", &["tools"], product::app),
    step("wasm-vectors", &["app"], javascript::wasm_vectors),
    step("host-tests", &["app"], javascript::host_tests),
    step("app-format", &["app"], javascript::format),
    step("app-types", &["app"], javascript::types),
    step("app-lint", &["app"], javascript::lint),
    step("app-tests", &["app"], javascript::app_tests),
    step("clippy", &["tools"], rust::lint),
    step("build", &["tools"], rust::build),
    step("attio-spec", &["build"], spec::attio),
    step("sms-spec", &["build"], spec::sms),
    step("openapi", &["build"], spec::service),
    step("strangers", &["build"], strangers::clients),
    step("demo", &["app", "build"], product::demo),
    step("browser", &["chromium", "app", "build"], browser::story),
    // The stories run the built app.
    step("rust-tests", &["redis", "postgresql", "app", "build"], rust::test),
];

/// Runs the named steps, or all. `Ok(false)`: something failed, and the report has said what.
pub(crate) fn run(workspace: &Workspace, only: &[String]) -> Result<bool> {
    let chosen = choose(only)?;
    let mut report = Report::new(chosen.len());
    {
        let mut run = TestRun::new(workspace)?;
        for step in chosen {
            report.begin(step.name);
            let outcome = match step.needs.iter().find(|needed| report.has_failed(needed)) {
                Some(needed) => Outcome::failed(format!("not run: it needs the step `{needed}`, which failed")),
                None => (step.run)(&mut run).unwrap_or_else(|error| Outcome::failed(format!("{error:#}"))),
            };
            report.end(step.name, outcome, run.nothing_may_be_skipped());
        }
    }
    Ok(report.close())
}

/// Does `work` beside a PostgreSQL of our own whose commits reach the disk; without one when it cannot be had.
pub(crate) fn with_durable_postgres(
    workspace: &Workspace,
    work: impl FnOnce(Option<&str>) -> Result<()>,
) -> Result<()> {
    let mut run = TestRun::new(workspace)?;
    if let Some(missing) = postgres::start_durable(&mut run)? {
        println!("{missing}");
    }
    work(run.postgres.as_deref())
}

fn choose(only: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = only.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        let known: Vec<_> = STEPS.iter().map(|step| format!("`{}`", step.name)).collect();
        bail!("there is no step `{unknown}`; the steps are {}", known.join(", "));
    }
    let mut wanted: BTreeSet<&str> = only.iter().map(String::as_str).collect();
    // A step needs earlier ones only, so one look from the end backwards finds all.
    for step in STEPS.iter().rev() {
        if wanted.contains(step.name) {
            wanted.extend(step.needs);
        }
    }
    Ok(STEPS.iter().filter(|step| only.is_empty() || wanted.contains(step.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_needs_only_earlier_ones() {
        for (place, step) in STEPS.iter().enumerate() {
            for needed in step.needs {
                let found = STEPS[..place].iter().any(|earlier| earlier.name == *needed);
                assert!(found, "{} needs {needed}, which does not come before it", step.name);
            }
        }
    }

    #[test]
    fn an_unknown_step_is_refused_and_a_known_one_brings_what_it_needs() {
        let names = |only: &[&str]| {
            let only: Vec<_> = only.iter().map(|name| (*name).to_owned()).collect();
            choose(&only).map(|steps| steps.iter().map(|step| step.name).collect::<Vec<_>>())
        };
        assert!(names(&["clipy"]).unwrap_err().to_string().contains("`clippy`"));
        assert_eq!(names(&["clippy"]).unwrap(), ["tools", "clippy"]);
        assert_eq!(names(&["app-lint"]).unwrap(), ["tools", "app", "app-lint"]);
        assert_eq!(names(&[]).unwrap().len(), STEPS.len());
    }
}
