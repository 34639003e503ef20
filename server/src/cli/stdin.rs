//! Secrets are read from stdin: command lines are seen by every user of the machine and kept in histories.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::Context as _;

/// The first line; who sits at a terminal is asked for it by its name.
pub(super) fn secret(name: &str) -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        write!(io::stderr(), "{name} (shown as you type): ")?;
        io::stderr().flush()?;
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).with_context(|| format!("the {name} cannot be read from stdin"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
