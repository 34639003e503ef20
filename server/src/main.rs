//! The `alc` command: `alc --help` lists what it does.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // One TLS provider for everything; it must be there before the first connection.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return cli::failed(&anyhow::anyhow!("the TLS provider was installed twice"));
    }
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return cli::failed(&anyhow::Error::new(error).context("no threads to run on")),
    };
    match runtime.block_on(cli.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::failed(&error),
    }
}
