//! Clients that others wrote, against the running service: an OAuth library, and the verifier of Standard Webhooks.

use anyhow::Result;

use super::javascript::node_tests;
use super::report::Outcome;
use super::test_run::TestRun;
use crate::node;

pub(super) fn clients(run: &mut TestRun<'_>) -> Result<Outcome> {
    let folder = run.workspace.root.join("tests/strangers");
    node::install_packages(&folder)?;
    let binaries = run.workspace.target.join("debug");
    node_tests(run, "strangers", &folder, &[("ALC_BINARIES", &binaries)])
}
