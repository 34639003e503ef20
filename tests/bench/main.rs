//! `bench`: measures the real service, as `cargo xtask bench` builds it, over HTTP and beside nothing else.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "telling the person at the terminal is what it is for")]

mod clock;
mod deliver;
mod driver;
mod figures;
mod service;
mod sink;
mod wire;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use self::deliver::{Lengths, Place};
use self::figures::{Figures, medians, table};

#[derive(Parser)]
#[command(about = "Measures the service; `cargo xtask bench` builds what it needs and calls it")]
struct Cli {
    #[command(subcommand)]
    command: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Callbacks: accepted, signed, delivered, recorded
    Deliver(Options),
}

#[derive(clap::Args)]
struct Options {
    /// The `alc` to measure, built with --release
    #[arg(long)]
    alc: PathBuf,
    /// A PostgreSQL where databases may be made; without one, only SQLite is measured
    #[arg(long)]
    postgres: Option<String>,
    /// Leave SQLite out
    #[arg(long)]
    no_sqlite: bool,
    /// Where databases and logs are written: on the disk that counts
    #[arg(long)]
    folder: PathBuf,
    /// The figures are medians of so many rounds
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each part of a round lasts
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// For programs
    #[arg(long)]
    json: bool,
}

fn main() -> Result<()> {
    let Bench::Deliver(options) = Cli::parse().command;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut columns = Vec::new();
    if !options.no_sqlite {
        columns.push(("sqlite", measure(&runtime, &options, "sqlite", None)?));
    }
    if let Some(server) = &options.postgres {
        columns.push(("postgresql", measure(&runtime, &options, "postgresql", Some(server))?));
    }
    let about = about(&options);
    if options.json {
        let figures: serde_json::Map<String, Value> =
            columns.into_iter().map(|(name, figures)| (name.to_owned(), Value::Object(figures))).collect();
        println!("{}", json!({ "deliver": figures, "about": about }));
    } else {
        println!("{}\n", table(&columns));
        for line in about {
            println!("{line}");
        }
    }
    Ok(())
}

fn measure(runtime: &Runtime, options: &Options, engine: &str, server: Option<&str>) -> Result<Figures> {
    let seconds = Duration::from_secs(options.seconds);
    let lengths = Lengths { saturated: seconds, steady: seconds, killed: Duration::from_millis(1_500) };
    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        eprintln!("{engine}: round {round} of {}", options.rounds);
        let place = place(runtime, &options.folder, &format!("{engine}_{round}"), server)?;
        let figures = deliver::round(runtime, &options.alc, &place.0, lengths)?;
        eprintln!("  {}", Value::Object(figures.clone()));
        rounds.push(figures);
    }
    eprintln!("{engine}: kill -9 under load");
    let place = place(runtime, &options.folder, &format!("{engine}_killed"), server)?;
    rounds.push(deliver::killed(runtime, &options.alc, &place.0, lengths)?);
    Ok(medians(&rounds))
}

/// A new database, and the connection that keeps its backend to count by.
fn place(
    runtime: &Runtime,
    folder: &Path,
    name: &str,
    server: Option<&str>,
) -> Result<(Place, Option<tokio_postgres::Client>)> {
    let folder = folder.join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let Some(server) = server else {
        let database = format!("sqlite://{}", folder.join("alc.db").display());
        return Ok((Place { database, backend: None, folder }, None));
    };
    let (client, backend) = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
        // It ends with the client.
        tokio::spawn(async move { drop(connection.await) });
        client.batch_execute(&format!("DROP DATABASE IF EXISTS bench_{name} WITH (FORCE)")).await?;
        client.batch_execute(&format!("CREATE DATABASE bench_{name}")).await?;
        let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
        anyhow::Ok((client, backend))
    })?;
    let mut database = url::Url::parse(server)?;
    database.set_path(&format!("bench_{name}"));
    Ok((Place { database: database.into(), backend: u32::try_from(backend).ok(), folder }, Some(client)))
}

/// Without which nobody can compare the figures.
fn about(options: &Options) -> Vec<String> {
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor =
        processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let settings: Vec<_> = service::SETTINGS.iter().map(|(name, value)| format!("{name}={value}")).collect();
    vec![
        format!("machine: {cores} cores, {}; driver, sink and database share them", processor.unwrap_or("unknown")),
        format!("settings: the built-in defaults and {}; log at info into a file", settings.join(" ")),
        format!(
            "load: 64 connections, 64 webhooks of 8 workspaces; medians of {} rounds of {} s; commits reach the disk",
            options.rounds, options.seconds
        ),
    ]
}
