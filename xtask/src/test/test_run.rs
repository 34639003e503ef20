//! What the steps share: where things are, which tools there are, and what earlier steps left for later ones.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::postgres::Server;
use super::python::Python;
use super::report::Outcome;
use crate::node;
use crate::workspace::{Workspace, cargo, output_of};

pub(super) struct TestRun<'a> {
    pub(super) workspace: &'a Workspace,
    /// Set by the step `tools`.
    pub(super) python: Option<Python>,
    /// Set by the step `postgresql`: the URL of a server where databases may be made.
    pub(super) postgres: Option<String>,
    /// Stopped when the run is cleared.
    pub(super) server: Option<Server>,
    strict: bool,
}

impl<'a> TestRun<'a> {
    pub(super) fn new(workspace: &'a Workspace) -> Result<Self> {
        let strict = std::env::var("CI").as_deref() == Ok("true");
        let run = Self { workspace, python: None, postgres: None, server: None, strict };
        fs::create_dir_all(run.folder()).with_context(|| format!("cannot make {}", run.folder().display()))?;
        Ok(run)
    }

    /// With `CI=true` a missing part fails the run.
    pub(super) fn nothing_may_be_skipped(&self) -> bool {
        self.strict
    }

    /// What cargo knows of our own packages.
    pub(super) fn cargo_metadata(&self) -> Result<Value> {
        let mut command = Command::new(cargo());
        command.args(["metadata", "--format-version=1", "--no-deps", "--offline"]).current_dir(&self.workspace.root);
        serde_json::from_slice(&output_of(&mut command)?).context("cargo metadata is not JSON")
    }

    /// What is fetched for tests and kept from run to run.
    pub(super) fn folder(&self) -> PathBuf {
        self.workspace.target.join("test")
    }

    pub(super) fn log(&self, name: &str) -> Result<PathBuf> {
        let logs = self.folder().join("logs");
        fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
        Ok(logs.join(format!("{name}.log")))
    }
}

/// Node and Python, before anything takes long: whoever lacks one hears it first.
pub(super) fn find_tools(run: &mut TestRun<'_>) -> Result<Outcome> {
    node::ensure_version()?;
    run.python = Some(Python::find()?);
    Ok(Outcome::passed(2))
}
