//! Who runs a server. What listens needs no rights, and PostgreSQL refuses them: root lends it an account without any.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// None: we are not root and run them ourselves.
pub(crate) struct Account(Option<Unprivileged>);

struct Unprivileged {
    user: u32,
    group: u32,
}

impl Account {
    pub(super) fn choose() -> Result<Self> {
        if !we_are_root() {
            return Ok(Self(None));
        }
        for name in ["postgres", "nobody"] {
            if let (Some(user), Some(group)) = (id(&["-u", name]), id(&["-g", name])) {
                return Ok(Self(Some(Unprivileged { user, group })));
            }
        }
        bail!("servers are not run as root, and there is no account `postgres` or `nobody` to run them as: add one")
    }

    /// The program, as this account. Where the system can, it is told to stop when we are gone, even by SIGKILL.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let Some(setpriv) = setpriv() else { return Command::new(program) };
        let mut command = Command::new(setpriv);
        if let Some(Unprivileged { user, group }) = self.0 {
            command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
        }
        command.arg("--pdeathsig=INT").arg("--").arg(program);
        command
    }

    /// Lets the account write what we made for it.
    pub(super) fn give(&self, path: &Path) -> Result<()> {
        let Some(Unprivileged { user, group }) = self.0 else { return Ok(()) };
        own(path, user, group).with_context(|| format!("cannot hand {} to another account", path.display()))
    }

    /// Whether it can start the program: what lies in root's home it cannot.
    pub(crate) fn can_run(&self, program: &Path) -> bool {
        self.command(program).arg("--version").output().is_ok_and(|output| output.status.success())
    }
}

#[cfg(unix)]
fn own(path: &Path, user: u32, group: u32) -> std::io::Result<()> {
    std::os::unix::fs::chown(path, Some(user), Some(group))
}

#[cfg(not(unix))]
fn own(_: &Path, _: u32, _: u32) -> std::io::Result<()> {
    Ok(())
}

pub(crate) fn we_are_root() -> bool {
    id(&["-u"]) == Some(0)
}

/// Part of every Linux system's base (util-linux); other systems have none.
fn setpriv() -> Option<&'static str> {
    Command::new("setpriv").arg("--version").output().ok().map(|_| "setpriv")
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
