//! The whole product on this machine: the service, a local Attio, a local SMS gateway and the app's host, each a process of its
//! own, spoken to over HTTP only. `cargo xtask demo` builds them and starts this.

mod home;
mod operator;
mod people;
mod processes;
mod report;
mod serve;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use alc_tests::people::Seed;
use anyhow::ensure;
use clap::Parser;

use self::processes::Product;
use self::report::Report;

/// The whole product on this machine, until Ctrl-C; or, with --check, once through everything.
#[derive(Parser)]
#[command(name = "demo")]
struct Arguments {
    /// Send every person through the real app, let everyone answer, compare what the records say in the end with what is right, print
    /// one line of JSON; exit code 1 when a verdict differs or anything is lost or stuck
    #[arg(long)]
    check: bool,
    /// Where `alc` and `emulate` were built
    #[arg(long, value_name = "DIR", default_value = "target/debug")]
    binaries: PathBuf,
    /// With --check: the database of the service [default: a new SQLite file that is deleted afterwards]
    #[arg(long, value_name = "URL", requires = "check")]
    database: Option<String>,
    #[command(flatten)]
    serve: serve::Options,
}

#[tokio::main]
#[expect(clippy::print_stderr, reason = "for the person who started the demo")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is right.
async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    // One provider of TLS for the whole process; a second call would find it set, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ensure!(
        Path::new(processes::HOST).exists(),
        "there is no {} here; start the demo with `cargo xtask demo`, which works anywhere in the repository",
        processes::HOST
    );
    if arguments.check {
        return check(&arguments).await;
    }
    serve::until_stopped(&arguments.binaries, arguments.serve).await.map(|()| true)
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the report is this program's output")]
#[expect(clippy::disallowed_methods, reason = "a person watches this clock: it measures, and decides nothing")]
async fn check(arguments: &Arguments) -> anyhow::Result<bool> {
    let started = Instant::now();
    let folder = home::passing_folder()?;
    let product = Product::start_for_check(&arguments.binaries, &folder, arguments.database.as_deref()).await?;
    product.connect().await?;
    let endings = people::send_and_answer(&product, Seed::built_in().people).await?;
    let report = Report::of(&endings, started.elapsed());
    product.stop().await;
    // What is left of it is in the system's folder for such things, and harms nobody.
    let _ = std::fs::remove_dir_all(&folder);
    println!("{}", report.line());
    for difference in &report.differences {
        eprintln!("{difference}");
    }
    Ok(report.is_right())
}
