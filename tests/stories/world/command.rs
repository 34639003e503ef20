//! The operator at the command line: the real binary, on the story's own database.

use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use super::World;
use super::app::free_address;
use super::mortal::{KEY, program};

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl World {
    /// `alc …` as a person types it.
    pub async fn alc(&self, line: &[&str]) -> Said {
        self.alc_with(line, "").await
    }

    /// The same, with something on stdin.
    pub async fn alc_with(&self, line: &[&str], stdin: &str) -> Said {
        self.clock.catch_up();
        let mut command = Command::new(program())
            .args(line)
            .args(["--profile", "test", "--database", self.database.url()])
            .env("ALC_SECRETS__KEY", STANDARD.encode(KEY))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let mut input = command.stdin.take().expect("the command's input is ours");
        // One that does not read it has ended before.
        drop(input.write_all(stdin.as_bytes()).await);
        drop(input);
        let ended = command.wait_with_output().await.expect("the command ends");
        // What it did lies in the past.
        self.clock.catch_up();
        let text = |bytes| String::from_utf8(bytes).expect("commands speak UTF-8");
        Said { code: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) }
    }

    /// `alc serve …` in a process of its own, until it is dropped; and where it is.
    pub async fn alc_serves(&self, line: &[&str]) -> (Child, String) {
        let listen = free_address().to_string();
        let mut service = Command::new(program())
            .args(["serve", "--profile", "test", "--listen", &listen, "--database", self.database.url()])
            .args(line)
            .env("ALC_SECRETS__KEY", STANDARD.encode(KEY))
            .env("ALC_LIMITS__REQUESTS_PER_MINUTE", self.service.app.settings.limits.requests_per_minute.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the service can be started");
        let mut said = String::new();
        let stdout = service.stdout.take().expect("the service's output is ours");
        BufReader::new(stdout).read_line(&mut said).await.expect("the service speaks");
        assert_eq!(said.trim_end(), format!("alc listening on http://{listen}"));
        (service, format!("http://{listen}"))
    }

    /// `alc … --json`, which must end well: what a program reads.
    pub async fn alc_json(&self, line: &[&str]) -> Value {
        let said = self.alc(&[line, &["--json"]].concat()).await;
        assert_eq!(said.code, Some(0), "{line:?}: {said:?}");
        serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{line:?} printed no JSON: {said:?}"))
    }
}

impl Said {
    /// The lines of a table, each split at its columns: two blanks or more.
    #[track_caller]
    pub fn table(&self) -> Vec<Vec<&str>> {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect()
    }

    /// The complaint of a command that must fail.
    #[track_caller]
    pub fn complaint(&self) -> &str {
        assert!(self.code.is_some_and(|code| code != 0), "{self:?}");
        assert_eq!(self.out, "", "what failed prints nothing for programs");
        &self.err
    }
}
