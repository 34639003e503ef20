//! One cluster of PostgreSQL: made, and started as a server.
//!
//! Its data is worth nothing after the run. Where only answers count, it never waits for the disk.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use super::super::local_server::{Home, Launch, LocalServer, password};
use super::programs::Programs;

/// Every story has a few connections, and many run at once.
const CONNECTIONS: u32 = 300;

const USER: &str = "alc";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Commits reach the disk, as where data counts.
    Durable,
    /// Nothing waits for the disk.
    Forgetful,
}

const FORGETFUL: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// With the URL of a database from which others can be made.
pub(super) fn start(programs: &Programs, log: &Path, durability: Durability) -> Result<(LocalServer, String)> {
    let home = Home::make("postgresql")?;
    let programs = reachable(programs, &home)?;
    let password = password()?;
    initialise(&programs, &home, &password)?;
    let mut stop = home.command(&programs.path("pg_ctl"));
    stop.args(["stop", "--silent", "--mode=immediate", "--wait", "--pgdata"]).arg(home.folder.join("data"));
    let launch = Launch { log, ready: "database system is ready to accept connections", farewell: Some(stop) };
    let server = LocalServer::start(home, launch, |home, port| {
        let mut postgres = home.command(&programs.path("postgres"));
        postgres.arg("-D").arg(home.folder.join("data")).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        let connections = format!("max_connections={CONNECTIONS}");
        let settings = ["unix_socket_directories=", connections.as_str(), "logging_collector=off", "lc_messages=C"];
        let forgetful = FORGETFUL.into_iter().filter(|_| durability == Durability::Forgetful);
        for setting in settings.into_iter().chain(forgetful) {
            postgres.args(["-c", setting]);
        }
        Ok(postgres)
    })
    .context("PostgreSQL cannot be started")?;
    let url = format!("postgres://{USER}:{password}@127.0.0.1:{}/postgres", server.port);
    Ok((server, url))
}

/// The programs themselves, or a copy that the account can reach.
fn reachable(programs: &Programs, home: &Home) -> Result<Programs> {
    if home.account.can_run(&programs.path("initdb")) {
        return Ok(programs.clone());
    }
    let installation = programs.installation().context("the programs lie in no folder")?;
    let copied = programs.moved_to(&home.bring(installation, "programs")?);
    if !home.account.can_run(&copied.path("initdb")) {
        bail!("the account that shall run PostgreSQL cannot start {}", copied.path("initdb").display());
    }
    Ok(copied)
}

fn initialise(programs: &Programs, home: &Home, password: &str) -> Result<()> {
    let secret = home.write("password", password)?;
    let mut initdb = home.command(&programs.path("initdb"));
    initdb.arg(format!("--pgdata={}", home.folder.join("data").display()));
    initdb.arg(format!("--pwfile={}", secret.display())).arg(format!("--username={USER}"));
    initdb.args(["--encoding=UTF8", "--locale=C", "--auth=password", "--no-sync", "--no-instructions"]);
    let output = initdb.stdin(Stdio::null()).output().context("initdb cannot be started")?;
    fs::remove_file(&secret)?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
