//! The four processes, started in the order in which they need each other, and ended in the opposite one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use alc_tests::browser::Browser;
use anyhow::{Context as _, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::home::{Addresses, free_address};
use crate::operator::{self, Operator};

/// The number leads are texted from: one of those Twilio reserves for trying things out.
const OUR_NUMBER: &str = "+15005550006";
/// From the root of the repository.
pub const HOST: &str = "app-ui/host/main.mjs";
const ATTIO_TOKEN: &str = "local-attio-token";
pub const EMAIL: &str = "ada@acme.example";
pub const PASSWORD: &str = "correct horse battery staple";

/// Silence is an answer; in the check after this many seconds, so that it ends while somebody watches.
const CHECK_SILENCE_S: u32 = 45;

/// As long as the service gives itself, and a little more.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// What differs from one start to another.
pub struct Setting<'a> {
    pub binaries: &'a Path,
    pub addresses: Addresses,
    pub database: &'a str,
    pub client: &'a operator::Client,
    pub silence_s: u32,
    /// Where the host keeps what it and the others in memory must not forget.
    pub memory: Option<&'a Path>,
    /// Where the processes write what they have to say; `None` for the terminal.
    pub logs: Option<&'a Path>,
}

/// The running product.
pub struct Product {
    pub client: Client,
    pub attio: String,
    pub sms: String,
    pub service: String,
    pub host: String,
    /// In the order in which to end them.
    processes: Vec<Process>,
}

struct Process {
    name: &'static str,
    child: Child,
}

impl Product {
    /// On free ports, with everything in `folder` and nothing to be kept.
    pub async fn start_for_check(binaries: &Path, folder: &Path, database: Option<&str>) -> anyhow::Result<Self> {
        let database = database.map_or_else(|| format!("sqlite://{}/alc.db", folder.display()), str::to_owned);
        let addresses = Addresses { host: free_address()?, ..Addresses::any() };
        let operator = Operator { alc: &binaries.join("alc"), database: &database };
        let client = operator.prepare(EMAIL, PASSWORD, &addresses.redirect_uri()).await?;
        let silence_s = CHECK_SILENCE_S;
        let database = &database;
        Self::start(&Setting { binaries, addresses, database, client: &client, silence_s, memory: None, logs: None })
            .await
    }

    pub async fn start(setting: &Setting<'_>) -> anyhow::Result<Self> {
        let Addresses { host, service, attio, sms } = setting.addresses;
        let emulate = setting.binaries.join("emulate");
        let attio = ["attio", "--token", ATTIO_TOKEN, "--listen", &attio.to_string()];
        let (attio_process, attio) = Process::launch("attio", Command::new(&emulate).args(attio), setting.logs).await?;
        let sms = ["sms", "--listen", &sms.to_string()];
        let (sms_process, sms) = Process::launch("sms", Command::new(&emulate).args(sms), setting.logs).await?;
        let (alc_process, service) = Process::launch(
            "service",
            Command::new(setting.binaries.join("alc"))
                .args(["serve", "--profile", "test", "--listen", &service.to_string(), "--database", setting.database])
                .envs([
                    ("ALC_SMS__BASE_URL", sms.as_str()),
                    ("ALC_SMS__ACCOUNT_SID", "AC00000000000000000000000000000001"),
                    ("ALC_SMS__AUTH_TOKEN", "local-sms-token"),
                    ("ALC_SMS__FROM", OUR_NUMBER),
                    ("ALC_CONVERSATION__SILENCE_S", &setting.silence_s.to_string()),
                    ("ALC_LOG__FILTER", "warn"),
                ]),
            setting.logs,
        )
        .await?;
        let mut command = Command::new("node");
        command
            .arg(HOST)
            .args(["--app", "app-ui", "--attio", &attio, "--attio-token", ATTIO_TOKEN])
            .args(["--listen", &host.to_string(), "--sms", &sms])
            .args(["--route", &format!("api.acmeleadchecker.ai={service}")])
            .args(["--client-id", &setting.client.client_id, "--client-secret", &setting.client.client_secret])
            .args(["--authorize-url", &format!("{service}/oauth/authorize")])
            .args(["--token-url", &format!("{service}/oauth/token")])
            .args(["--login", &format!("{EMAIL}={PASSWORD}")]);
        if let Some(memory) = setting.memory {
            command.arg("--remember").arg(memory).arg("--data").arg(memory.join("host.json"));
        }
        let (host_process, host) = Process::launch("host", &mut command, setting.logs).await?;

        let processes = vec![host_process, alc_process, sms_process, attio_process];
        let product = Self { client: client_of_a_stranger()?, attio, sms, service, host, processes };
        let inbound = json!({ "url": format!("{}/sms/twilio", product.service) });
        product.client.put(format!("{}/_inbound", product.sms)).json(&inbound).send().await?.error_for_status()?;
        Ok(product)
    }

    /// Presses "Connect" in Attio, logs in at the service, and allows it.
    pub async fn connect(&self) -> anyhow::Result<()> {
        let start = format!("{}/connections/start", self.host);
        let page = Browser::new().log_in_and_allow(&start, EMAIL, PASSWORD).await?;
        ensure!(page.status == 200, "the connection was refused: {}", page.body);
        Ok(())
    }

    pub async fn is_connected(&self) -> anyhow::Result<bool> {
        let url = format!("{}/state", self.host);
        let state: Value = self.client.get(url).send().await?.error_for_status()?.json().await?;
        Ok(!state["connection"].is_null())
    }

    /// The record of a person, as Attio shows it.
    pub async fn record(&self, id: &Uuid) -> anyhow::Result<Value> {
        let url = format!("{}/v2/objects/people/records/{id}", self.attio);
        let answer = self.client.get(url).bearer_auth(ATTIO_TOKEN).send().await?.error_for_status()?;
        Ok(answer.json::<Value>().await?["data"]["values"].take())
    }

    /// The processes by name, for whoever has to end them by hand.
    pub fn ids(&self) -> Vec<u32> {
        self.processes.iter().filter_map(|process| process.child.id()).collect()
    }

    /// Until one of the processes ends by itself, which none should.
    pub async fn first_to_end(&mut self) -> anyhow::Result<(&'static str, ExitStatus)> {
        let waits = self
            .processes
            .iter_mut()
            .map(|process| Box::pin(async move { anyhow::Ok((process.name, process.child.wait().await?)) }));
        let mut waits: Vec<_> = waits.collect();
        std::future::poll_fn(|context| {
            let ended = waits.iter_mut().find_map(|wait| match wait.as_mut().poll(context) {
                std::task::Poll::Ready(ended) => Some(ended),
                std::task::Poll::Pending => None,
            });
            ended.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
        })
        .await
    }

    /// Each may finish what is under way; one that does not is ended.
    pub async fn stop(self) {
        for mut process in self.processes {
            process.ask_to_end();
            if tokio::time::timeout(STOP_PATIENCE, process.child.wait()).await.is_err() {
                // It ends with this process in any case.
                let _ = process.child.kill().await;
            }
        }
    }
}

impl Process {
    /// Starts a process and reads from its output where it listens.
    async fn launch(name: &'static str, command: &mut Command, logs: Option<&Path>) -> anyhow::Result<(Self, String)> {
        let log = logs.map(|folder| folder.join(format!("{name}.log")));
        if let Some(log) = &log {
            let file = std::fs::File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
            command.stderr(file);
        }
        // A group of its own: Ctrl-C is for us, and we end the others in their order.
        #[cfg(unix)]
        command.process_group(0);
        let program = command.as_std().get_program().display().to_string();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{program} cannot be started; run `cargo xtask demo`, which builds it"))?;
        let mut lines = BufReader::new(child.stdout.take().context("stdout is ours")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, url)) = line.split_once("listening on ") {
                let url = url.to_owned();
                // Read on, or the process blocks once the pipe is full.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok((Self { name, child }, url));
            }
        }
        anyhow::bail!("the {name} ended before it listened{}", last_words(log))
    }

    #[cfg(unix)]
    fn ask_to_end(&mut self) {
        use nix::sys::signal::{Signal, kill};
        use nix::unistd::Pid;

        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            // It may have ended a moment ago, which is what we want.
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
    }

    #[cfg(not(unix))]
    fn ask_to_end(&mut self) {
        let _ = self.child.start_kill();
    }
}

/// Why a process ended, as far as it said.
fn last_words(log: Option<PathBuf>) -> String {
    let said = log.and_then(|log| std::fs::read_to_string(log).ok()).unwrap_or_default();
    let lines: Vec<_> = said.lines().rev().take(12).collect();
    lines.into_iter().rev().fold(String::new(), |words, line| words + "\n  " + line)
}

#[expect(clippy::disallowed_methods, reason = "the demo stands outside the service's guarded client")]
fn client_of_a_stranger() -> reqwest::Result<Client> {
    Client::builder().redirect(reqwest::redirect::Policy::none()).build()
}

impl Addresses {
    /// Where the provider sends people back to.
    pub fn redirect_uri(&self) -> String {
        let host: SocketAddr = self.host;
        format!("http://{host}/connections/callback")
    }
}
