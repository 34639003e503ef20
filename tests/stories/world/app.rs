//! The Attio app, as a person meets it: the real bundle, in the headless host, in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::{World, http};

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
    /// Our own app.
    pub async fn start(world: &World) -> Self {
        Self::start_from(world, &repository().join("app-ui"), &[]).await
    }

    /// Any app folder; `more`: further options of the host.
    pub async fn start_from(world: &World, folder: &Path, more: &[&str]) -> Self {
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

    /// Connects with a token, as a person who pastes one.
    pub async fn connect_with(&self, token: &str) {
        let answer = self
            .client
            .post(format!("{}/connections", self.url))
            .json(&json!({ "value": token }))
            .send()
            .await
            .unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "the connection is refused: {body}");
    }

    /// Presses "Send to ALC" on a person's record, and waits until the app is done.
    pub async fn press_send_to_alc(&self, record: &str) -> Shown {
        let pressed = json!({ "recordId": record, "object": "people" });
        let answer = self.client.post(format!("{}/actions/send-to-alc", self.url)).json(&pressed).send().await.unwrap();
        Shown(answer.json().await.unwrap())
    }
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_path_buf()
}
