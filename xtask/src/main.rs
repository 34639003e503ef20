//! Development commands, run as `cargo xtask <command>`. They need Rust and Node.js, nothing else installed by hand.

#![expect(clippy::print_stdout, reason = "talking to the person at the terminal is what these commands do")]

mod app;
mod bench;
mod demo;
mod node;
mod pack;
mod part;
mod plans;
mod sizes;
mod stamp;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Development commands of Acme Lead Checker")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the Attio app: the core as WebAssembly, then the bundles, then a table of their sizes.
    App,
    /// Make the numbering plans and time zones of the core anew, from the versions of libphonenumber's metadata pinned beside them.
    Plans,
    /// Start the whole product on this machine: the service, a local Attio with the app in it, and everybody's phone.
    Demo(demo::Options),
    /// Measure the service in a release build, for the table of figures
    Bench {
        #[command(subcommand)]
        what: bench::Bench,
    },
    /// Run every check there is; needs Python besides Rust and Node.js, and fetches or finds the rest.
    Test {
        /// Run these steps only, by the names a run prints
        steps: Vec<String>,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find()?;
    match Cli::parse().command {
        Command::App => app::build(&workspace)?,
        Command::Plans => plans::build(&workspace)?,
        Command::Demo(options) => demo::demo(&workspace, &options)?,
        Command::Bench { what } => bench::bench(&workspace, &what)?,
        Command::Test { steps } if test::run(&workspace, &steps)? => {}
        Command::Test { .. } => return Ok(ExitCode::FAILURE),
    }
    Ok(ExitCode::SUCCESS)
}
