//! Node.js: the app's packages and the tools among them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::workspace::run;

/// What the Attio SDK and the headless host ask for.
const MAJOR: u32 = 20;

pub(crate) fn ensure_version() -> Result<()> {
    let Ok(output) = Command::new("node").arg("--version").output() else {
        bail!(
            "Node.js is not installed (`node` is not on the PATH). Install version {MAJOR} or newer, then run this again"
        );
    };
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= MAJOR => Ok(()),
        _ => bail!("Node.js {version} is too old. Install version {MAJOR} or newer, then run this again"),
    }
}

/// Installs the packages the lock file names, unless they are already there.
pub(crate) fn install_packages(app: &Path) -> Result<()> {
    let changed = |path: PathBuf| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let wanted = changed(app.join("package-lock.json")).context("app-ui/package-lock.json is missing")?;
    // npm writes this file last: where it is missing, an install was cut short.
    if changed(app.join("node_modules/.package-lock.json")).is_some_and(|installed| installed >= wanted) {
        return Ok(());
    }
    println!("app-ui: installing packages");
    // No package we use needs its install script, and what does not run can do no harm.
    run(npm().args(["ci", "--ignore-scripts", "--loglevel=error"]).current_dir(app))
}

pub(crate) fn run_script(app: &Path, script: &str) -> Result<()> {
    run(npm().args(["run", "--silent", script]).current_dir(app))
}

/// A command that one of the app's packages brings along.
pub(crate) fn tool(app: &Path, name: &str) -> Command {
    let suffix = if cfg!(windows) { ".cmd" } else { "" };
    let mut command = Command::new(app.join("node_modules/.bin").join(format!("{name}{suffix}")));
    command.current_dir(app);
    command
}

/// Which versions of the named packages the lock file pins.
pub(crate) fn locked_versions(app: &Path, packages: &[&str]) -> Result<Vec<String>> {
    let lock = fs::read(app.join("package-lock.json")).context("cannot read app-ui/package-lock.json")?;
    let lock: serde_json::Value = serde_json::from_slice(&lock).context("app-ui/package-lock.json is not JSON")?;
    packages
        .iter()
        .map(|package| {
            let version = lock["packages"][format!("node_modules/{package}")]["version"].as_str();
            version.map(|version| format!("{package}@{version}")).with_context(|| {
                format!("app-ui/package-lock.json has no {package}; run `npm install` in app-ui and commit the result")
            })
        })
        .collect()
}

pub(crate) fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}
