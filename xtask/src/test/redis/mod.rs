//! A real server of the Redis protocol for the length of the run: Valkey or Redis, keeping nothing.

mod conversation;
mod program;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use self::conversation::Conversation;
use self::program::Program;
use super::local_server::{Home, Launch, LocalServer, password};
use super::report::Outcome;
use super::test_run::TestRun;

/// Where to find the server: the same name the tests read.
pub(super) const URL: &str = "ALC_TEST_REDIS";

pub(super) fn start(run: &mut TestRun<'_>) -> Result<Outcome> {
    if let Ok(url) = std::env::var(URL) {
        println!("  {URL} names a server; it is used as it is");
        run.redis = Some(url);
        return Ok(Outcome::passed(1));
    }
    let program = match program::find(run)? {
        Ok(program) => program,
        Err(missing) => return Ok(missing),
    };
    let password = password()?;
    let server = launch(&program, &password, &run.log("redis")?)?;
    let version = question(server.port, &password).context("the server started, but does not answer as Redis does")?;
    println!("  {version}: {}", program.path.display());
    run.redis = Some(format!("redis://:{password}@127.0.0.1:{}/", server.port));
    run.servers.push(server);
    Ok(Outcome::passed(1))
}

fn launch(program: &Program, password: &str, log: &Path) -> Result<LocalServer> {
    let home = Home::make("redis")?;
    let path =
        if home.account.can_run(&program.path) { program.path.clone() } else { home.bring(&program.path, "server")? };
    // Killed, it loses nothing that anybody wants.
    let launch = Launch { log, ready: "Ready to accept connections", farewell: None };
    LocalServer::start(home, launch, |home, port| {
        let mut server = home.command(&path);
        // In a file: what stands in a command, everybody on the machine can read.
        server.arg(home.write("redis.conf", &settings(port, password))?);
        Ok(server)
    })
    .with_context(|| format!("{} cannot be started", program.path.display()))
}

fn settings(port: u16, password: &str) -> String {
    format!("bind 127.0.0.1\nport {port}\nrequirepass {password}\ndaemonize no\nsave \"\"\nappendonly no\n")
}

/// Which server it is and its version, as it says itself.
fn question(port: u16, password: &str) -> Result<String> {
    let mut conversation = Conversation::begin(port)?;
    conversation.ask(&["AUTH", password])?;
    let answer = conversation.ask(&["PING"])?;
    ensure!(answer == "PONG", "it answers a PING with {answer:?}");
    version_in(&conversation.ask(&["INFO", "server"])?)
}

/// Valkey says there too to which Redis it is equal.
fn version_in(info: &str) -> Result<String> {
    let value = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let found = value("valkey_version").map(|version| ("Valkey", version));
    let found = found.or_else(|| value("redis_version").map(|version| ("Redis", version)));
    let (name, version) = found.with_context(|| format!("it does not say its version: {info:?}"))?;
    Ok(format!("{name} {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_valkey_from_redis() {
        let valkey = "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\n";
        assert_eq!(version_in(valkey).unwrap(), "Valkey 9.1.2");
        assert_eq!(version_in("# Server\r\nredis_version:7.0.15\r\n").unwrap(), "Redis 7.0.15");
        assert!(version_in("# Server\r\n").is_err());
    }
}
