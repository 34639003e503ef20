//! What the steps share: where things are, which tools there are, and what earlier steps left for later ones.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::local_server::LocalServer;
use super::python::Python;
use super::report::Outcome;
use super::{postgres, redis};
use crate::node;
use crate::workspace::{Workspace, cargo, output_of};

pub(super) struct TestRun<'a> {
    pub(super) workspace: &'a Workspace,
    /// Set by the step `tools`.
    pub(super) python: Option<Python>,
    /// Set by the step `postgresql`: the URL of a server where databases may be made.
    pub(super) postgres: Option<String>,
    /// Set by the step `redis`: the URL of a server that nobody else uses.
    pub(super) redis: Option<String>,
    /// Stopped when the run is cleared.
    pub(super) servers: Vec<LocalServer>,
    /// Set by the step `chromium`.
    pub(super) chromium: Option<PathBuf>,
    strict: bool,
}

impl<'a> TestRun<'a> {
    pub(super) fn new(workspace: &'a Workspace) -> Result<Self> {
        let strict = std::env::var("CI").as_deref() == Ok("true");
        let (python, postgres, redis, chromium) = (None, None, None, None);
        let run = Self { workspace, python, postgres, redis, servers: Vec::new(), chromium, strict };
        fs::create_dir_all(run.folder()).with_context(|| format!("cannot make {}", run.folder().display()))?;
        Ok(run)
    }

    /// With `CI=true` a missing part fails the run.
    pub(super) fn nothing_may_be_skipped(&self) -> bool {
        self.strict
    }

    /// Under the names by which the tests find them.
    pub(super) fn server_urls(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let urls = [(postgres::URL, &self.postgres), (redis::URL, &self.redis)];
        urls.into_iter().filter_map(|(name, url)| Some((name, url.as_deref()?)))
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
