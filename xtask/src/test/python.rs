//! Python: an interpreter that is new enough, and environments of our own for what is checked with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::program::{complete, show_nothing};
use super::report::Outcome;
use super::test_run::TestRun;

/// The oldest that the published client of Attio's API and its models run on, as far as we try.
const OLDEST: (u32, u32) = (3, 11);

pub(crate) struct Python {
    program: &'static str,
}

impl Python {
    pub(crate) const fn program(&self) -> &'static str {
        self.program
    }

    pub(crate) fn find() -> Result<Self> {
        let names = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
        let mut seen = None;
        for program in names {
            let Some(version) = version_of(program) else { continue };
            if version >= OLDEST {
                return Ok(Self { program });
            }
            seen.get_or_insert(version);
        }
        let (major, minor) = OLDEST;
        match seen {
            Some((old_major, old_minor)) => bail!(
                "Python {old_major}.{old_minor} is too old: the local systems are compared with published clients that \
                 need {major}.{minor} or newer. Install it, then run this again"
            ),
            None => bail!(
                "Python is not installed (`python3` is not on the PATH). Install {major}.{minor} or newer, then run this again"
            ),
        }
    }
}

fn version_of(program: &str) -> Option<(u32, u32)> {
    let output = Command::new(program).args(["-c", "import sys; print(*sys.version_info[:2])"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// An environment with packages in it.
pub(super) struct Venv {
    folder: PathBuf,
}

impl Venv {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        let (programs, suffix) = if cfg!(windows) { ("Scripts", ".exe") } else { ("bin", "") };
        self.folder.join(programs).join(format!("{name}{suffix}"))
    }

    /// Written last: an environment without it was cut short.
    fn stamp(&self) -> PathBuf {
        self.folder.join("installed")
    }
}

/// The environment of that name with `packages` (`name==version`, separated by spaces), made on first use; or what to count when it
/// cannot be had.
pub(super) fn venv(run: &TestRun<'_>, name: &str, packages: &str) -> Result<Result<Venv, Outcome>> {
    let venv = Venv { folder: run.folder().join(name) };
    if fs::read_to_string(venv.stamp()).is_ok_and(|installed| installed == packages) {
        return Ok(Ok(venv));
    }
    if venv.folder.exists() {
        fs::remove_dir_all(&venv.folder).with_context(|| format!("cannot clear {}", venv.folder.display()))?;
    }
    let python = run.python.as_ref().context("the step `tools` finds Python first")?;
    let mut make = Command::new(python.program);
    make.args(["-m", "venv"]).arg(&venv.folder);
    let mut install = Command::new(venv.program("python"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]);
    install.args(packages.split(' '));
    let steps = [
        ("venv", make, "install Python's venv module (Debian: python3-venv)"),
        ("pip", install, "PyPI must be reachable on the first run; later ones use what it fetched"),
    ];
    for (step, command, cure) in steps {
        let ended = complete(run, &format!("{name}-{step}"), command, show_nothing)?;
        if !ended.well {
            return Ok(Err(Outcome::skipped(format!("{packages} cannot be installed: {cure}\n{}", ended.tail()))));
        }
    }
    write(&venv.stamp(), packages)?;
    Ok(Ok(venv))
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
