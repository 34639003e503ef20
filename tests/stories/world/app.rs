//! The Attio app, as a person meets it: the real bundle, in the headless host, in a process of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use alc_core::signature::Secret;
use alc_core::time::Timestamp;
use alc_server::door::{Clock as _, SystemClock};
use alc_tests::attio::LocalAttio;
use alc_tests::browser::{Browser, Page};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use super::folder::Folder;
use super::{Answer, Inhabited, Member, http, unique};

/// A running host with an app in it. Dropping it ends the process.
pub struct App {
    url: String,
    /// Who it is at the service.
    pub client_id: String,
    /// The command line of the host: the same for one that comes back.
    arguments: Vec<String>,
    /// What Attio would keep for the app, tokens included.
    _kept: Folder,
    said: Arc<Mutex<String>>,
    host: tokio::sync::Mutex<Child>,
    http: reqwest::Client,
}

/// What a person saw after pressing a button.
#[derive(Debug)]
pub struct Shown(Value);

impl Shown {
    pub fn toasts(&self) -> Vec<&str> {
        titles(&self.0["toasts"])
    }

    pub fn alerts(&self) -> Vec<&str> {
        titles(&self.0["alerts"])
    }

    /// The text under the title of the only alert.
    #[track_caller]
    pub fn alert_text(&self) -> &str {
        assert_eq!(self.alerts().len(), 1, "{self:?}");
        self.0["alerts"][0]["text"].as_str().unwrap_or_default()
    }
}

fn titles(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(|one| one["title"].as_str()).collect()
}

impl App {
    /// Our own app, connected by somebody of the workspace `acme` who logged in and allowed it.
    pub async fn connected(world: &impl Inhabited) -> Self {
        Self::connected_by(world, world.attio(), &world.member("acme").await).await
    }

    /// Our own app in the Attio workspace of somebody who has an account already.
    pub async fn connected_by(world: &impl Inhabited, attio: &LocalAttio, member: &Member) -> Self {
        let app = Self::start(world, attio, &repository().join("app-ui")).await;
        app.connect(member).await;
        app
    }

    /// Any app folder, with its connection set up as in Attio's dashboard, not connected yet.
    pub async fn start(world: &impl Inhabited, attio: &LocalAttio, folder: &Path) -> Self {
        assert!(folder.join("dist/server.js").exists(), "{} is not built; run `cargo xtask app`", folder.display());
        let listen = free_address();
        let url = format!("http://{listen}");
        let redirect = format!("{url}/connections/callback");
        let client =
            world.operator().create_client("Attio", vec![redirect], false).await.expect("a client can be made");
        let client_id = client.id.to_string();
        let (service, kept) = (world.url(), Folder::new());
        let arguments = [
            ("--app", folder.display().to_string()),
            ("--listen", listen.to_string()),
            ("--attio", attio.url()),
            ("--route", format!("api.acmeleadchecker.ai={service}")),
            ("--client-id", client_id.clone()),
            ("--client-secret", client.secret.expect("the client is confidential")),
            ("--authorize-url", format!("{service}/oauth/authorize")),
            ("--token-url", format!("{service}/oauth/token")),
            ("--data", kept.path().join("kept.json").display().to_string()),
        ];
        let arguments: Vec<String> = arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
        let said = Arc::default();
        let host = run_host(&arguments, &url, &said).await;
        Self { url, client_id, arguments, _kept: kept, said, host: host.into(), http: http() }
    }

    /// Presses "Connect" in Attio, logs in at the service, and allows it.
    pub async fn connect(&self, member: &Member) {
        let page = self.try_to_connect(member).await;
        assert_eq!((page.status, page.body.as_str()), (200, r#"{"connected":true}"#));
    }

    /// The same; returns the page where that ends, which may say that the app refused.
    pub async fn try_to_connect(&self, member: &Member) -> Page {
        let start = format!("{}/connections/start", self.url);
        let page = Browser::new().log_in_and_allow(&start, &member.email, &member.password).await;
        page.expect("the member may log in and allow it")
    }

    /// Presses "Disconnect".
    pub async fn disconnect(&self) {
        let answer = self.http.delete(format!("{}/connections", self.url)).send().await.expect("the host answers");
        Answer::read(answer).await.expect(200);
    }

    /// Presses "Send to ALC" on a person's record, and waits until the app is done.
    pub async fn press_send_to_alc(&self, record: &str) -> Shown {
        self.try_to_press(record).await.expect("the host answers")
    }

    /// The same, in an app that may die meanwhile.
    pub async fn try_to_press(&self, record: &str) -> Result<Shown, reqwest::Error> {
        let pressed = json!({ "recordId": record, "object": "people" });
        let answer = self.http.post(format!("{}/actions/send-to-alc", self.url)).json(&pressed).send().await?;
        Ok(Shown(answer.json().await?))
    }

    /// The process is gone in the middle of whatever it was doing.
    pub async fn dies(&self) {
        self.host.lock().await.kill().await.expect("a running process can be killed");
    }

    /// Starts again with what was kept.
    pub async fn comes_back(&self) {
        *self.host.lock().await = run_host(&self.arguments, &self.url, &self.said).await;
    }

    /// Tells the app a callback, as the service would: signed now, with the secret of its webhook.
    pub async fn is_told(&self, callback: &Value) -> Answer {
        self.is_told_with(callback, &self.webhook_secret().await, SystemClock.now()).await
    }

    /// The same with any secret, signed at any time.
    pub async fn is_told_with(&self, callback: &Value, secret: &str, at: Timestamp) -> Answer {
        let secret = Secret::parse(secret).expect("a signing secret");
        let (id, body) = (format!("evt_{}", unique()), callback.to_string());
        let handler = self.state().await["handlers"][0]["url"].as_str().expect("the app has a handler").to_owned();
        let told = self
            .http
            .post(handler)
            .header("content-type", "application/json")
            .header("webhook-signature", secret.sign(&id, at, body.as_bytes()))
            .header("webhook-timestamp", at.as_seconds().to_string())
            .header("webhook-id", id)
            .body(body);
        Answer::read(told.send().await.expect("the host answers")).await
    }

    /// What the service signs callbacks to this app with.
    pub async fn webhook_secret(&self) -> String {
        let state = self.state().await;
        state["kv"]["subscriptions"][0]["secret"].as_str().expect("the app keeps its secret").to_owned()
    }

    /// How many addresses Attio holds open for callbacks to the app.
    pub async fn handlers(&self) -> usize {
        self.state().await["handlers"].as_array().map_or(0, Vec::len)
    }

    /// Everything the app and its host wrote to their logs so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn state(&self) -> Value {
        let answer = self.http.get(format!("{}/state", self.url)).send().await.expect("the host answers");
        Answer::read(answer).await.expect(200)
    }
}

async fn run_host(arguments: &[String], url: &str, said: &Arc<Mutex<String>>) -> Child {
    let mut host = Command::new("node")
        .arg(repository().join("app-ui/host/main.mjs"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node runs the host");
    tokio::spawn(listen_to(host.stderr.take().expect("the host's output is ours"), Arc::clone(said)));
    let mut stdout = BufReader::new(host.stdout.take().expect("the host's output is ours"));
    let mut line = String::new();
    stdout.read_line(&mut line).await.expect("the host speaks");
    let said_so_far = || said.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(line.trim_end(), format!("listening on {url}"), "the host did not start: {}", said_so_far());
    tokio::spawn(listen_to(stdout, Arc::clone(said)));
    host
}

/// Reads to the end, for a program whose output nobody takes stops sooner or later.
pub async fn listen_to(output: impl AsyncRead + Unpin, said: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push_str(&line);
        said.push('\n');
    }
}

/// A port for a program that must know it before it listens. It lies below those that the system hands out, so that none of the
/// many connections around takes it in between.
pub fn free_address() -> SocketAddr {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    const PORTS: std::ops::Range<u32> = 15_000..30_000;
    loop {
        // Another process that tells stories begins somewhere else.
        let count = std::process::id().wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed));
        let port = PORTS.start + count % (PORTS.end - PORTS.start);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port).expect("the range is one of ports")));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_path_buf()
}
