//! One local system as anyone starts it by hand: `emulate attio`, `emulate sms`. Ended when dropped.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::rust;
use super::test_run::TestRun;

pub(super) struct Emulator {
    pub(super) url: String,
    child: Child,
}

impl Emulator {
    pub(super) fn start(run: &TestRun<'_>, system: &str) -> Result<Self> {
        let program = rust::built(run, "emulate");
        let mut child = Command::new(&program)
            .args([system, "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let mut emulator = Self { url: String::new(), child };
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            bail!("`emulate {system}` did not say where it listens, but: {line:?}");
        };
        url.clone_into(&mut emulator.url);
        Ok(emulator)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
