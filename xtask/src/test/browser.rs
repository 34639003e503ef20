//! The main job in a real browser, told by `tests/browser`: the built product, the local systems, and a person who clicks.

use anyhow::Result;

use super::chromium;
use super::javascript::node_tests;
use super::program::{complete, show_nothing};
use super::report::Outcome;
use super::test_run::TestRun;
use crate::node;

pub(super) fn story(run: &mut TestRun<'_>) -> Result<Outcome> {
    let Some(chromium) = &run.chromium else {
        return Ok(Outcome::skipped("there is no Chromium: see what the step `chromium` says".to_owned()));
    };
    let folder = run.workspace.root.join("tests/browser");
    node::install_packages(&folder)?;
    let mut pages = node::npm();
    pages.args(["run", "--silent", "build:host"]).current_dir(run.workspace.app());
    let built = complete(run, "host-pages", pages, show_nothing)?;
    if !built.well {
        return Ok(Outcome::failed(format!("the pages of the local Attio cannot be built\n{}", built.tail())));
    }
    let binaries = run.workspace.target.join("debug");
    node_tests(run, "browser", &folder, &[(chromium::PATH, chromium), ("ALC_BINARIES", &binaries)])
}
