//! Where a server lives: a folder in the temporary one, and the account it runs as. Gone when dropped.
//!
//! Not under `target`: an account without rights can seldom reach what lies in a person's own folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::account::Account;

pub(crate) struct Home {
    pub(crate) folder: PathBuf,
    pub(crate) account: Account,
}

impl Home {
    /// `kind` is part of the folder's name, and so is our process id: what a killed run left can be told from what is in use.
    pub(crate) fn make(kind: &str) -> Result<Self> {
        let prefix = format!("alc-{kind}-");
        clear_abandoned(&prefix);
        let account = Account::choose()?;
        let folder = std::env::temp_dir().join(format!("{prefix}{}", std::process::id()));
        make_private(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let home = Self { folder, account };
        home.account.give(&home.folder)?;
        Ok(home)
    }

    /// The program as this account, started in this folder.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = self.account.command(program);
        command.current_dir(&self.folder);
        command
    }

    /// Writes a file that nobody but the account can read; answers where it lies.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        self.account.give(&path)?;
        Ok(path)
    }

    /// Copies a file, or a folder and all in it, to where the account can reach it.
    pub(crate) fn bring(&self, from: &Path, name: &str) -> Result<PathBuf> {
        let copy = self.folder.join(name);
        copy_all(from, &copy).with_context(|| format!("cannot copy {} to {}", from.display(), copy.display()))?;
        Ok(copy)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What stays behind is cleared by the next run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    fs::DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir(folder)
}

fn clear_abandoned(prefix: &str) {
    let processes = Path::new("/proc");
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(prefix)).and_then(|id| id.parse::<u32>().ok());
        let Some(owner) = owner else { continue };
        if processes.join("self").exists() && !processes.join(owner.to_string()).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    // Links become what they lead to.
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_its_accounts_alone_and_gone_when_dropped() {
        let home = Home::make("home-test").unwrap();
        let folder = home.folder.clone();
        home.write("secret", "word").unwrap();
        assert_eq!(fs::read_to_string(folder.join("secret")).unwrap(), "word");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;

            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o077, 0, "others can look in");
        }
        drop(home);
        assert!(!folder.exists());
    }

    #[test]
    fn a_folder_is_brought_whole() {
        let home = Home::make("bring-test").unwrap();
        fs::create_dir_all(home.folder.join("from/bin")).unwrap();
        fs::write(home.folder.join("from/bin/initdb"), "program").unwrap();
        let copy = home.bring(&home.folder.join("from"), "to").unwrap();
        assert_eq!(fs::read_to_string(copy.join("bin/initdb")).unwrap(), "program");
    }

    #[test]
    fn what_a_killed_run_left_is_cleared() {
        // No process has this number: it is above what any system hands out.
        let left = std::env::temp_dir().join("alc-left-test-4294967295");
        fs::create_dir_all(&left).unwrap();
        let home = Home::make("left-test").unwrap();
        assert!(!left.exists() || !Path::new("/proc/self").exists());
        assert!(home.folder.exists(), "and what is in use stays");
        let _ = fs::remove_dir_all(&left);
    }
}
