//! `cargo xtask bench`: builds the service as it is shipped, brings a PostgreSQL whose commits reach the disk, and measures.

use std::process::Command;

use anyhow::Result;

use crate::test;
use crate::workspace::{Workspace, cargo, run};

#[derive(clap::Subcommand)]
pub(crate) enum Bench {
    /// Callbacks: accepted, signed, delivered, recorded; on SQLite and PostgreSQL side by side
    Deliver(Options),
}

#[derive(clap::Args)]
pub(crate) struct Options {
    /// One line of JSON in place of the table
    #[arg(long)]
    json: bool,
    /// The figures are medians of so many rounds
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each part of a round lasts
    #[arg(long, default_value_t = 4)]
    seconds: usize,
}

pub(crate) fn bench(workspace: &Workspace, what: &Bench) -> Result<()> {
    let Bench::Deliver(options) = what;
    let packages = ["--package", "alc-server", "--package", "alc-tests", "--bin", "alc", "--bin", "bench"];
    run(Command::new(cargo()).args(["build", "--quiet", "--release"]).args(packages).current_dir(&workspace.root))?;
    let binaries = workspace.target.join("release");
    test::with_durable_postgres(workspace, |postgres| {
        let mut bench = Command::new(binaries.join("bench"));
        bench.args(["deliver", "--alc"]).arg(binaries.join("alc"));
        bench.arg("--folder").arg(workspace.target.join("bench"));
        bench.args(["--rounds", &options.rounds.to_string(), "--seconds", &options.seconds.to_string()]);
        if let Some(url) = postgres {
            bench.args(["--postgres", url]);
        }
        if options.json {
            bench.arg("--json");
        }
        run(&mut bench)
    })
}
