//! The whole product on this machine: the service, a local Attio, a local SMS gateway and the app's host, each a process of its
//! own, spoken to over HTTP only. `cargo xtask demo` builds them and starts this.

mod people;
mod processes;
mod report;

use std::path::PathBuf;
use std::time::Instant;

use alc_tests::people::Seed;
use clap::Parser;

use self::processes::Product;
use self::report::Report;

/// Send every person of the local Attio to ALC through the real app, let everyone answer, and compare what the records say in the
/// end with what is right.
///
/// Prints one line of JSON; exit code 1 when a verdict differs or anything is lost or stuck.
#[derive(Parser)]
#[command(name = "demo")]
struct Arguments {
    /// Run once, without a browser, and report
    #[arg(long, required = true)]
    check: bool,
    /// Where `alc` and `emulate` were built
    #[arg(long, value_name = "DIR", default_value = "target/debug")]
    binaries: PathBuf,
    /// The database of the service [default: a new SQLite file that is deleted afterwards]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the report is this program's output")]
#[expect(clippy::disallowed_methods, reason = "a person watches this clock: it measures, and decides nothing")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // One provider of TLS for the whole process; a second call would find it set, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let started = Instant::now();
    let product = Product::start(&arguments.binaries, arguments.database.as_deref()).await?;
    product.connect().await?;
    let endings = people::send_and_answer(&product, Seed::built_in().people).await?;
    let report = Report::of(&endings, started.elapsed());
    product.stop().await;
    println!("{}", report.line());
    for difference in &report.differences {
        complain(difference);
    }
    std::process::exit(i32::from(!report.is_right()));
}

#[expect(clippy::print_stderr, reason = "for the person at the terminal")]
fn complain(difference: &str) {
    eprintln!("{difference}");
}
