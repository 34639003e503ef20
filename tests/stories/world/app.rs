//! The Attio app, as a person meets it: the real bundle, in the headless host, in a process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use alc_tests::browser::Browser;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::{Member, World, http};

/// A running host with an app in it. Dropping it ends the process.
pub struct App {
    url: String,
    client: reqwest::Client,
    _host: Child,
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
}

fn titles(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(|one| one["title"].as_str()).collect()
}

impl App {
    /// Our own app, connected by somebody of a new workspace who logged in and allowed it.
    pub async fn connected(world: &World) -> Self {
        let app = Self::start(world, &repository().join("app-ui")).await;
        app.connect(&world.member("acme").await).await;
        app
    }

    /// Any app folder, with its connection set up as in Attio's dashboard, not connected yet.
    pub async fn start(world: &World, folder: &Path) -> Self {
        let listen = free_address();
        let redirect = format!("http://{listen}/connections/callback");
        let client =
            world.operator().create_client("Attio", vec![redirect], false).await.expect("a client can be made");
        let service = world.url();
        let options = [
            ("--listen", listen.to_string()),
            ("--client-id", client.id.to_string()),
            ("--client-secret", client.secret.expect("the client is confidential")),
            ("--authorize-url", format!("{service}/oauth/authorize")),
            ("--token-url", format!("{service}/oauth/token")),
        ];
        let options: Vec<&str> = options.iter().flat_map(|(name, value)| [*name, value.as_str()]).collect();
        Self::start_with(world, folder, &options).await
    }

    async fn start_with(world: &World, folder: &Path, more: &[&str]) -> Self {
        assert!(folder.join("dist/server.js").exists(), "{} is not built; run `cargo xtask app`", folder.display());
        let mut host = Command::new("node")
            .arg(repository().join("app-ui/host/main.mjs"))
            .arg("--app")
            .arg(folder)
            .args(["--attio", &world.attio.url(), "--route", &format!("api.acmeleadchecker.ai={}", world.url())])
            .args(more)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs the host");
        let mut lines = BufReader::new(host.stdout.take().expect("the host's output is ours")).lines();
        let line = lines.next_line().await.expect("the host speaks").expect("the host says where it listens");
        let url = line.strip_prefix("listening on ").expect("the host says where it listens").to_owned();
        Self { url, client: http(), _host: host }
    }

    /// Presses "Connect" in Attio, logs in at the service, and allows it.
    pub async fn connect(&self, member: &Member) {
        let start = format!("{}/connections/start", self.url);
        let page = Browser::new().log_in_and_allow(&start, &member.email, &member.password).await;
        let page = page.expect("the connection is allowed");
        assert_eq!((page.status, page.body.as_str()), (200, r#"{"connected":true}"#));
    }

    /// Presses "Disconnect".
    pub async fn disconnect(&self) {
        let answer = self.client.delete(format!("{}/connections", self.url)).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Presses "Send to ALC" on a person's record, and waits until the app is done.
    pub async fn press_send_to_alc(&self, record: &str) -> Shown {
        let pressed = json!({ "recordId": record, "object": "people" });
        let answer = self.client.post(format!("{}/actions/send-to-alc", self.url)).json(&pressed).send().await.unwrap();
        Shown(answer.json().await.unwrap())
    }
}

/// A port that is free now; the host takes it a moment later.
fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("this machine has a free port");
    listener.local_addr().expect("a listener has an address")
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_path_buf()
}
