//! `cargo xtask demo`: builds everything there is and starts it for a person; with `--check` it sends every person through the whole
//! product once.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use crate::app;
use crate::node;
use crate::workspace::{Workspace, cargo, run};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Send every person once, let everybody answer, and print one line of JSON; exit code 1 when anything is not right
    #[arg(long)]
    check: bool,
    /// Forget what earlier runs left in target/demo
    #[arg(long, conflicts_with = "check")]
    fresh: bool,
    /// The first of four ports [default: 8780; taken ones are replaced by free ones]
    #[arg(long, value_name = "PORT", conflicts_with = "check")]
    ports: Option<u16>,
    /// Do not open the page in a browser
    #[arg(long, conflicts_with = "check")]
    no_open: bool,
}

pub(crate) fn demo(workspace: &Workspace, options: &Options) -> Result<()> {
    let binaries = build(workspace)?;
    let mut demo = Command::new(binaries.join("demo"));
    demo.arg("--binaries").arg(&binaries).current_dir(&workspace.root);
    if options.check {
        return run(demo.arg("--check"));
    }
    demo.arg("--folder").arg(workspace.target.join("demo"));
    if options.fresh {
        demo.arg("--fresh");
    }
    if let Some(port) = options.ports {
        demo.arg("--ports").arg(port.to_string());
    }
    if options.no_open {
        demo.arg("--no-open");
    }
    become_it(&mut demo)
}

/// Everything the demo runs; returns where the binaries are.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut steps = Steps { done: 0, of: 3 };
    steps.run("the core as WebAssembly, and the Attio app", || app::build(workspace))?;
    steps.run("the pages of the local Attio", || node::run_script(&workspace.app(), "build:host"))?;
    steps.run("the service and the local systems (a few minutes the first time)", || {
        let packages = ["--package", "alc-server", "--package", "alc-tests"];
        run(Command::new(cargo()).args(["build", "--bins"]).args(packages).current_dir(&workspace.root))
    })?;
    Ok(workspace.target.join("debug"))
}

struct Steps {
    done: usize,
    of: usize,
}

impl Steps {
    #[expect(clippy::disallowed_methods, reason = "a person watches this clock: it measures, and decides nothing")]
    fn run(&mut self, what: &str, step: impl FnOnce() -> Result<()>) -> Result<()> {
        self.done += 1;
        println!("[{}/{}] {what}", self.done, self.of);
        let started = Instant::now();
        step()?;
        println!("      done in {:.1} s", started.elapsed().as_secs_f64());
        Ok(())
    }
}

/// Ctrl-C must reach the demo and nobody else, who would give the terminal back before everything has stopped.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;

    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<()> {
    run(command)
}
