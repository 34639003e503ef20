//! Runs another program to its end: all it says goes, in the order it says it, into the step's log and to the caller.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _, pipe};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::report::Outcome;
use super::test_run::TestRun;
use crate::workspace::cargo;

/// So much of the end of a log is shown when a program fails without naming a test.
const LAST_LINES: usize = 60;

/// What a program said, and whether it ended well.
pub(super) struct Ended {
    pub(super) well: bool,
    pub(super) text: String,
    pub(super) log: PathBuf,
}

impl Ended {
    /// One check: the program ends well.
    pub(super) fn outcome(&self, cure: &str) -> Outcome {
        if self.well { Outcome::passed(1) } else { Outcome::failed(format!("{}\n-> {cure}", self.tail())) }
    }

    pub(super) fn tail(&self) -> String {
        let lines: Vec<&str> = self.text.lines().collect();
        let shown = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        format!("{shown}\n(all of it: {})", self.log.display())
    }
}

/// `name` names the log. `show` picks lines worth seeing while it runs.
pub(super) fn complete(run: &TestRun<'_>, name: &str, mut command: Command, show: fn(&str) -> bool) -> Result<Ended> {
    let log = run.log(name)?;
    let mut file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let (output, input) = pipe().context("no pipe can be made")?;
    // Colours would be characters between those that are looked for.
    command.env("NO_COLOR", "1").env("CARGO_TERM_COLOR", "never");
    command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command.spawn().with_context(|| format!("`{program}` cannot be started"))?;
    // The command holds our copies of the pipe's other end; the output ends when all of them are closed.
    drop(command);

    let mut text = String::new();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("the program's output cannot be read")?;
        let line = String::from_utf8_lossy(&line);
        if show(&line) {
            println!("  {}", line.trim());
        }
        writeln!(file, "{line}")?;
        text.push_str(&line);
        text.push('\n');
    }
    let well = child.wait().with_context(|| format!("`{program}` cannot be waited for"))?.success();
    Ok(Ended { well, text, log })
}

pub(super) fn show_nothing(_: &str) -> bool {
    false
}

/// A cargo as if started by hand.
pub(super) fn fresh_cargo(run: &TestRun<'_>) -> Command {
    let mut command = Command::new(cargo());
    forget_xtask(&mut command);
    command.current_dir(&run.workspace.root);
    command
}

/// What `cargo run` says about xtask is not true of other packages, and build scripts that look at it would run again.
pub(super) fn forget_xtask(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let about_xtask = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_BIN_NAME"
        });
        if about_xtask {
            command.env_remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn both_outputs_are_taken_in_order() {
        let target = std::env::temp_dir().join(format!("alc-program-{}", std::process::id()));
        let workspace = Workspace { root: target.clone(), target: target.clone() };
        let run = TestRun::new(&workspace).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; echo three; exit 3"]);
        let ended = complete(&run, "program-test", command, show_nothing).unwrap();
        assert_eq!(ended.text, "one\ntwo\nthree\n");
        assert!(!ended.well);
        assert_eq!(std::fs::read_to_string(&ended.log).unwrap(), ended.text);
        std::fs::remove_dir_all(target).unwrap();
    }
}
