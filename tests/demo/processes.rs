//! The four processes, started in the order in which they need each other, and ended with this one.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use alc_tests::browser::Browser;
use anyhow::{Context as _, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use uuid::Uuid;

/// The number leads are texted from: one of those Twilio reserves for trying things out.
const OUR_NUMBER: &str = "+15005550006";
const ATTIO_TOKEN: &str = "local-attio-token";
const EMAIL: &str = "ada@acme.example";
const PASSWORD: &str = "correct horse battery staple";

/// Silence is an answer; here after this many seconds, so that the check ends while somebody watches.
const SILENCE_S: &str = "45";

/// The running product.
pub struct Product {
    pub client: Client,
    pub attio: String,
    pub sms: String,
    pub host: String,
    folder: PathBuf,
    processes: Vec<Child>,
}

impl Product {
    pub async fn start(binaries: &Path, database: Option<&str>) -> anyhow::Result<Self> {
        let mut folder = std::env::temp_dir();
        folder.push(format!("alc-demo-{}", unique()));
        std::fs::create_dir(&folder)?;
        let database = database.map_or_else(|| format!("sqlite://{}/alc.db", folder.display()), str::to_owned);
        let (alc, emulate) = (binaries.join("alc"), binaries.join("emulate"));

        let (attio_process, attio) = started(Command::new(&emulate).args(["attio", "--token", ATTIO_TOKEN])).await?;
        let (sms_process, sms) = started(Command::new(&emulate).arg("sms")).await?;
        let host_address = free_address()?;
        let made = Operator { alc: &alc, database: &database };
        let redirect_uri = format!("http://{host_address}/connections/callback");
        let client = made.by(&["client", "create", "--name", "Attio", "--redirect-uri", &redirect_uri], None).await?;
        made.by(&["user", "create", "--email", EMAIL, "--workspace", "acme"], Some(PASSWORD)).await?;
        let (alc_process, service) = started(
            Command::new(&alc)
                .args(["serve", "--profile", "test", "--listen", "127.0.0.1:0", "--database", &database])
                .envs([
                    ("ALC_SMS__BASE_URL", sms.as_str()),
                    ("ALC_SMS__ACCOUNT_SID", "AC00000000000000000000000000000001"),
                    ("ALC_SMS__AUTH_TOKEN", "local-sms-token"),
                    ("ALC_SMS__FROM", OUR_NUMBER),
                    ("ALC_CONVERSATION__SILENCE_S", SILENCE_S),
                    ("ALC_LOG__FILTER", "warn"),
                ]),
        )
        .await?;
        let text = |name: &str| client[name].as_str().unwrap_or_default().to_owned();
        let (host_process, host) = started(
            Command::new("node")
                .arg("app-ui/host/main.mjs")
                .args(["--app", "app-ui", "--attio", &attio, "--attio-token", ATTIO_TOKEN])
                .args(["--listen", &host_address.to_string()])
                .args(["--route", &format!("api.acmeleadchecker.ai={service}")])
                .args(["--client-id", &text("client_id"), "--client-secret", &text("client_secret")])
                .args(["--authorize-url", &format!("{service}/oauth/authorize")])
                .args(["--token-url", &format!("{service}/oauth/token")]),
        )
        .await?;

        let product = Self {
            client: client_of_a_stranger()?,
            attio,
            sms,
            host,
            folder,
            processes: vec![host_process, alc_process, sms_process, attio_process],
        };
        let inbound = json!({ "url": format!("{service}/sms/twilio") });
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

    /// The record of a person, as Attio shows it.
    pub async fn record(&self, id: &Uuid) -> anyhow::Result<Value> {
        let url = format!("{}/v2/objects/people/records/{id}", self.attio);
        let answer = self.client.get(url).bearer_auth(ATTIO_TOKEN).send().await?.error_for_status()?;
        Ok(answer.json::<Value>().await?["data"]["values"].take())
    }

    pub async fn stop(mut self) {
        for process in &mut self.processes {
            // They end with this process in any case.
            let _ = process.kill().await;
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What the operator does on the command line, before the service runs.
struct Operator<'a> {
    alc: &'a Path,
    database: &'a str,
}

impl Operator<'_> {
    async fn by(&self, command: &[&str], stdin: Option<&str>) -> anyhow::Result<Value> {
        let mut process = Command::new(self.alc)
            .args(command)
            .args(["--profile", "test", "--database", self.database, "--json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started; run `cargo xtask demo`", self.alc.display()))?;
        let mut typed = process.stdin.take().context("stdin is ours")?;
        typed.write_all(stdin.unwrap_or_default().as_bytes()).await?;
        drop(typed);
        let output = process.wait_with_output().await?;
        ensure!(output.status.success(), "`alc {}` failed", command.join(" "));
        serde_json::from_slice(&output.stdout).with_context(|| format!("`alc {}` printed no JSON", command.join(" ")))
    }
}

/// Starts a process and reads from its output where it listens.
async fn started(command: &mut Command) -> anyhow::Result<(Child, String)> {
    let what = command.as_std().get_program().display().to_string();
    let mut process = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{what} cannot be started; run `cargo xtask demo`, which builds it"))?;
    let mut lines = BufReader::new(process.stdout.take().context("stdout is ours")?).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, url)) = line.split_once("listening on ") {
            let url = url.to_owned();
            // Read on, or the process blocks once the pipe is full.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok((process, url));
        }
    }
    anyhow::bail!("{what} ended before it listened")
}

#[expect(clippy::disallowed_methods, reason = "the demo stands outside the service's guarded client")]
fn client_of_a_stranger() -> reqwest::Result<Client> {
    Client::builder().redirect(reqwest::redirect::Policy::none()).build()
}

/// A port that is free now; the host takes it a moment later.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

#[expect(clippy::disallowed_methods, reason = "a folder's name needs no door")]
fn unique() -> String {
    Uuid::new_v4().simple().to_string()
}
