//! The service under measurement: the real `alc` in a process of its own, on a database of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::driver::Target;
use super::sink::Sink;
use super::wire::Wire;

/// What differs from the built-in defaults; printed with the figures.
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("ALC_LIMITS__REQUESTS_PER_MINUTE", "0"),
    ("ALC_WEBHOOKS__ALLOW_LOOPBACK", "true"),
    ("ALC_WEBHOOKS__MOST_PER_GRANT", "100"),
    ("ALC_WEBHOOKS__REQUESTS_PER_SECOND", "0"),
];

/// Any 32 bytes.
const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// Killed when dropped.
pub(crate) struct Service {
    program: PathBuf,
    database: String,
    log: PathBuf,
    pub(crate) address: String,
    process: Child,
}

/// What a process has used so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_s: f64,
    pub(crate) rss_mib: f64,
    pub(crate) most_rss_mib: f64,
}

impl Service {
    pub(crate) fn start(program: &Path, database: &str, log: &Path) -> Result<Self> {
        // A port that stays the same when the service is started again.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let process = run(program, database, &address, log)?;
        Ok(Self { program: program.into(), database: database.into(), log: log.into(), address, process })
    }

    /// As if the machine had lost power, wherever it is at the moment.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    pub(crate) fn start_again(&mut self) -> Result<()> {
        self.process = run(&self.program, &self.database, &self.address, &self.log)?;
        Ok(())
    }

    pub(crate) fn usage(&self) -> Usage {
        usage(self.process.id())
    }

    /// A workspace with webhooks that lead to these URLs.
    pub(crate) async fn workspace(&self, name: &str, urls: &[String], sink: &Sink) -> Result<Vec<Target>> {
        let token = self.token(name)?;
        let mut targets = Vec::new();
        for url in urls {
            let draft = serde_json::json!({ "name": name, "url": url, "event": "lead.created" });
            let made = self.ask("POST", "/api/v1/webhooks", &token, Some(&draft)).await?;
            sink.trusts(made["secret"].as_str().context("a new webhook shows its secret")?)?;
            let webhook = made["webhook_id"].as_str().context("a webhook has an id")?.to_owned();
            targets.push(Target { webhook, token: token.clone() });
        }
        Ok(targets)
    }

    /// How many of these webhooks have a delivery that is not recorded as ended.
    pub(crate) async fn pending(&self, targets: &[Target]) -> Result<usize> {
        let mut pending = 0;
        for Target { webhook, token } in targets {
            let path = format!("/api/v1/webhooks/{webhook}/deliveries?state=pending&limit=1");
            let log = self.ask("GET", &path, token, None).await?;
            pending += log["data"].as_array().map_or(0, Vec::len);
        }
        Ok(pending)
    }

    async fn ask(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let mut wire = Wire::connect(&self.address).await?;
        wire.write(request.as_bytes()).await?;
        let answer = wire.read().await?.context("the service hung up")?;
        if !answer.second_word().starts_with('2') {
            bail!("{method} {path} was answered {}", String::from_utf8_lossy(answer.body));
        }
        Ok(serde_json::from_slice(answer.body)?)
    }

    /// As an operator makes one.
    fn token(&self, workspace: &str) -> Result<String> {
        let scopes = ["webhooks:read", "webhooks:write"];
        let mut command = command(&self.program, &self.database);
        command.args(["token", "create", "--json", "--workspace", workspace, "--scope"]).args(scopes);
        let output = command.stderr(Stdio::null()).output()?;
        let made: Value = serde_json::from_slice(&output.stdout).context("`alc token create` did not answer")?;
        Ok(made["access_token"].as_str().context("`alc token create` shows the token")?.to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn command(program: &Path, database: &str) -> Command {
    let mut command = Command::new(program);
    command.env("ALC_DATABASE__URL", database).env("ALC_SECRETS__KEY", KEY).envs(SETTINGS.iter().copied());
    command.stdin(Stdio::null());
    command
}

/// Returns when it listens.
fn run(program: &Path, database: &str, address: &str, log: &Path) -> Result<Child> {
    let log = fs::OpenOptions::new().create(true).append(true).open(log)?;
    let mut command = command(program, database);
    let command = command.args(["serve", "--listen", address]).stdout(Stdio::piped()).stderr(log);
    let mut process = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().context("its output is ours")?).read_line(&mut line)?;
    if !line.starts_with("alc listening") {
        bail!("the service did not start; its log says why");
    }
    Ok(process)
}

fn usage(process: u32) -> Usage {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1_024.0
    };
    Usage { cpu_s: cpu_s(process, false), rss_mib: mib("VmRSS"), most_rss_mib: mib("VmHWM") }
}

/// The work of all processes of a PostgreSQL server, of which one is known.
pub(crate) fn server_cpu_s(backend: u32) -> f64 {
    let Some(server) = parent(backend) else { return 0.0 };
    let Ok(entries) = fs::read_dir("/proc") else { return 0.0 };
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let children = ids.filter(|id| parent(*id) == Some(server)).map(|id| cpu_s(id, false));
    // With those that have ended.
    cpu_s(server, true) + children.sum::<f64>()
}

fn parent(process: u32) -> Option<u32> {
    stat(process)?.get(1)?.parse().ok()
}

/// User and system time, in seconds; the kernel counts hundredths.
fn cpu_s(process: u32, with_ended_children: bool) -> f64 {
    let Some(stat) = stat(process) else { return 0.0 };
    let last = if with_ended_children { 15 } else { 13 };
    stat[11..last].iter().filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// What follows the name, from the state on.
fn stat(process: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields = stat.rsplit_once(") ")?.1.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    (fields.len() > 15).then_some(fields)
}
