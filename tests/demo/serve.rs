//! The demo for a person: everything runs until Ctrl-C, and is there again at the next start.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use alc_tests::people::{Profile, Seed};
use anyhow::bail;
use serde_json::json;

use crate::home::{Addresses, Home, Memory};
use crate::operator::Operator;
use crate::processes::{EMAIL, PASSWORD, Product, Setting};

/// Silence is an answer; long enough to look around, short enough to see it.
const SILENCE_S: u32 = 15 * 60;

#[derive(clap::Args)]
pub struct Options {
    /// Forget what earlier runs left
    #[arg(long, conflicts_with = "check")]
    fresh: bool,
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = "target/demo")]
    folder: PathBuf,
    /// The first of four ports; taken ones are replaced by free ones, and 0 takes free ones at once
    #[arg(long, value_name = "PORT", default_value_t = 8780)]
    ports: u16,
    /// Print one line of JSON with the addresses, for programs; open no browser
    #[arg(long, conflicts_with = "check")]
    json: bool,
    /// Do not open the page in a browser
    #[arg(long, conflicts_with = "check")]
    no_open: bool,
}

#[expect(clippy::disallowed_methods, reason = "a person watches this clock: it measures, and decides nothing")]
pub async fn until_stopped(binaries: &Path, options: Options) -> anyhow::Result<()> {
    let started = Instant::now();
    let home = Home::open(&options.folder, options.fresh)?;
    // Listened for before anything is started, or an early Ctrl-C would leave processes behind.
    let mut stop = Stop::listen()?;
    let mut product = tokio::select! {
        product = start(binaries, &home, options.ports) => product?,
        () = stop.asked() => return Ok(()),
    };

    if options.json {
        say(&addresses(&product).await?);
    } else {
        let is_open = !options.no_open && open(&product.host);
        say(&welcome(&product, &home, is_open, started.elapsed().as_secs_f64()).await?);
    }

    let ended = tokio::select! {
        () = stop.asked() => None,
        ended = product.first_to_end() => Some(ended?),
    };
    if !options.json {
        say("\nStopping …");
    }
    product.stop().await;
    match ended {
        None => Ok(()),
        Some((name, status)) => {
            bail!("the {name} ended by itself ({status}); what it said stands in {}", home.logs().display())
        }
    }
}

async fn start(binaries: &Path, home: &Home, first_port: u16) -> anyhow::Result<Product> {
    let database = home.database();
    let mut memory = match home.recall()? {
        Some(memory) => memory,
        None => {
            let addresses = Addresses::from(first_port)?;
            let operator = Operator { alc: &binaries.join("alc"), database: &database };
            let client = operator.prepare(EMAIL, PASSWORD, &addresses.redirect_uri()).await?;
            let memory = Memory { addresses, client, processes: Vec::new() };
            // At once: what was prepared is there at the next start, whatever becomes of this one.
            home.remember(&memory)?;
            memory
        }
    };
    let product = Product::start(&Setting {
        binaries,
        addresses: memory.addresses,
        database: &database,
        client: &memory.client,
        silence_s: SILENCE_S,
        memory: Some(&home.folder.join("memory")),
        logs: Some(&home.logs()),
    })
    .await?;
    memory.processes = product.ids();
    home.remember(&memory)?;
    Ok(product)
}

async fn addresses(product: &Product) -> anyhow::Result<String> {
    let Product { host, service, attio, sms, .. } = product;
    let login = json!({ "email": EMAIL, "password": PASSWORD });
    let is_connected = product.is_connected().await?;
    Ok(json!({ "url": host, "service": service, "attio": attio, "sms": sms, "login": login, "isConnected": is_connected })
        .to_string())
}

async fn welcome(product: &Product, home: &Home, is_open: bool, seconds: f64) -> anyhow::Result<String> {
    let host = &product.host;
    let opened = if is_open { "  (open in your browser)" } else { "" };
    let connect = if product.is_connected().await? {
        "It is connected from last time.".to_owned()
    } else {
        format!("Connect {host}/apps and log in with\n       {EMAIL}\n       {PASSWORD}")
    };
    let people = Seed::built_in().people;
    let eager = people.iter().find(|person| person.reply.as_ref().is_some_and(|reply| reply.profile == Profile::Hot));
    let eager = eager
        .map_or_else(String::new, |person| format!(", such as {}\n       {host}/people/{}", person.name(), person.id));
    Ok(format!(
        "\nAcme Lead Checker runs, started in {seconds:.1} s\n\n\
         \u{20} Open   {host}{opened}\n\n\
         \u{20} 1.   {connect}\n\
         \u{20} 2.   Open a person{eager}\n       and press “Send to ALC”, or Ctrl-K and Enter.\n\
         \u{20} 3.   Answer on the phone beside the record, and watch the record.\n\n\
         \u{20} The service {} · Attio {} · SMS gateway {}\n\
         \u{20} Everything is kept in {} (`--fresh` forgets it; logs/ is in there too). Silence means No reply after {} minutes.\n\
         \u{20} Ctrl-C ends it.",
        product.service,
        product.attio,
        product.sms,
        home.folder.display(),
        SILENCE_S / 60,
    ))
}

/// Opens the page where somebody would see it.
fn open(url: &str) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.args(["/C", "start", ""]);
        command
    } else if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        Command::new("xdg-open")
    } else {
        return false;
    };
    if is_set("CI") {
        return false;
    }
    let opened = command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    opened.is_ok_and(|status| status.success())
}

#[expect(clippy::print_stdout, reason = "for the person, or the program, that started the demo")]
fn say(words: &str) {
    use std::io::Write as _;

    println!("{words}");
    // Whoever reads through a pipe waits for it.
    let _ = std::io::stdout().flush();
}

/// Ctrl-C, a request to end, or a terminal that was closed.
#[cfg(unix)]
struct Stop([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Stop {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    async fn asked(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Stop;

#[cfg(not(unix))]
impl Stop {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn asked(&mut self) {
        // Without a signal to wait for there is only the window to close.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
