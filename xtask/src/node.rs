//! Node.js: the packages of the app and of other folders, and the tools among them.

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

/// Installs the packages that the folder's lock file names, unless they are already there.
pub(crate) fn install_packages(folder: &Path) -> Result<()> {
    let changed = |path: PathBuf| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let lock = folder.join("package-lock.json");
    let wanted = changed(lock.clone()).with_context(|| format!("{} is missing", lock.display()))?;
    // npm writes this file last: where it is missing, an install was cut short.
    if changed(folder.join("node_modules/.package-lock.json")).is_some_and(|installed| installed >= wanted) {
        return Ok(());
    }
    println!("installing the packages of {}", folder.display());
    // No package we use needs its install script, and what does not run can do no harm.
    run(npm().args(["ci", "--ignore-scripts", "--loglevel=error"]).current_dir(folder))
}

pub(crate) fn run_script(folder: &Path, script: &str) -> Result<()> {
    run(npm().args(["run", "--silent", script]).current_dir(folder))
}

/// A command that one of the folder's packages brings along.
pub(crate) fn tool(folder: &Path, name: &str) -> Command {
    let suffix = if cfg!(windows) { ".cmd" } else { "" };
    let mut command = Command::new(folder.join("node_modules/.bin").join(format!("{name}{suffix}")));
    command.current_dir(folder);
    command
}

/// Which versions of the named packages the folder's lock file pins.
pub(crate) fn locked_versions(folder: &Path, packages: &[&str]) -> Result<Vec<String>> {
    let path = folder.join("package-lock.json");
    let lock = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let lock: serde_json::Value =
        serde_json::from_slice(&lock).with_context(|| format!("{} is not JSON", path.display()))?;
    packages
        .iter()
        .map(|package| {
            let version = lock["packages"][format!("node_modules/{package}")]["version"].as_str();
            version.map(|version| format!("{package}@{version}")).with_context(|| {
                format!("{} has no {package}; run `npm install` beside it and commit the result", path.display())
            })
        })
        .collect()
}

pub(crate) fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}
