//! `cargo xtask demo --check`: builds everything there is, and sends every person through the whole product once.

use std::process::Command;

use anyhow::Result;

use crate::app;
use crate::workspace::{Workspace, cargo, run};

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    app::build(workspace)?;
    println!("the service and the local systems: building");
    let packages = ["--package", "alc-server", "--package", "alc-tests"];
    run(Command::new(cargo()).args(["build", "--bins"]).args(packages).current_dir(&workspace.root))?;
    let binaries = workspace.target.join("debug");
    let mut demo = Command::new(binaries.join("demo"));
    run(demo.arg("--check").arg("--binaries").arg(&binaries).current_dir(&workspace.root))
}
