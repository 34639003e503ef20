//! What the operator does on the command line, before the service runs.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

pub struct Operator<'a> {
    pub alc: &'a Path,
    pub database: &'a str,
}

/// Attio's platform, as the service knows it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Client {
    pub client_id: String,
    pub client_secret: String,
}

impl Operator<'_> {
    /// Somebody who may log in, and the client that may send people there to do so.
    pub async fn prepare(&self, email: &str, password: &str, redirect_uri: &str) -> anyhow::Result<Client> {
        let client = self.run(&["client", "create", "--name", "Attio", "--redirect-uri", redirect_uri], None).await?;
        self.run(&["user", "create", "--email", email, "--workspace", "acme"], Some(password)).await?;
        serde_json::from_value(client).context("`alc client create` printed no client")
    }

    async fn run(&self, command: &[&str], stdin: Option<&str>) -> anyhow::Result<Value> {
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
