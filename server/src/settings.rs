//! Every setting of the service: read in layers, refused when unknown, printed with secrets masked.
//!
//! Built-in defaults (`config/default.toml`) < the profile's file (embedded, or `--config FILE`) < environment
//! (`ALC_SECTION__KEY`) < command line.

mod checks;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use alc_core::campaign::Campaign;
use alc_core::hours::{Days, Hours, HoursOfDay};
use alc_core::retry::Schedule;

/// A named set of defaults for one use of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// For a developer's machine.
    #[default]
    Default,
    /// For machines that serve strangers; refuses to start half-configured.
    Production,
    /// For stories and the demo.
    Test,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(skip)]
    pub profile: Profile,
    pub server: Server,
    pub limits: Limits,
    pub database: Database,
    pub redis: Redis,
    pub secrets: Secrets,
    pub log: Log,
    pub oauth: OAuth,
    pub sms: Sms,
    pub attio: Attio,
    pub campaign: Campaign,
    pub conversation: Conversation,
    pub conduct: Conduct,
    pub webhooks: Webhooks,
    pub jobs: Jobs,
    pub retention: Retention,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: String,
    pub public_url: String,
    pub body_limit_bytes: usize,
    pub body_read_timeout_s: u64,
    pub request_timeout_s: u64,
    pub idle_timeout_s: u64,
    pub connections: usize,
    pub trusted_proxies: usize,
    pub shutdown_timeout_s: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub requests_per_minute: u32,
    pub idempotency_kept_s: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    #[serde(serialize_with = "without_password")]
    pub url: String,
}

/// What several replicas share besides the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    #[serde(serialize_with = "without_password")]
    pub url: String,
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    #[serde(serialize_with = "masked")]
    pub key: SecretString,
    #[serde(serialize_with = "masked")]
    pub old_keys: SecretString,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Json,
    Text,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    pub code_lifetime_s: i64,
    pub access_token_lifetime_s: i64,
    pub refresh_token_lifetime_s: i64,
    pub refresh_grace_s: i64,
    pub session_lifetime_s: i64,
    pub remember_consent: bool,
    pub password_checks: usize,
    pub login_failures_per_account: i64,
    pub login_failures_per_address: i64,
    pub login_window_s: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    pub base_url: String,
    pub account_sid: String,
    #[serde(serialize_with = "masked")]
    pub auth_token: SecretString,
    pub from: String,
    pub timeout_ms: u64,
    pub unknown_wait_ms: u64,
    pub read_inbox_every_s: i64,
    pub clocks_differ_s: i64,
    pub inbox_overlap_s: i64,
    pub inbox_pages: usize,
}

impl Sms {
    /// The numbers we text from, in the order given.
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        self.from.split(',').map(str::trim).filter(|number| !number.is_empty())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attio {
    pub base_url: String,
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversation {
    pub silence_s: i64,
    pub late_reply_s: i64,
    pub last_deadline_s: i64,
}

/// How we behave towards those whom we text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conduct {
    pub quiet_hours: bool,
    pub hours: HoursOfDay,
    pub days: Days,
    pub answer_within_s: i64,
    pub texts_per_phone_a_day: i64,
    pub texts_per_workspace_a_day: i64,
    pub conversations_per_phone: i64,
    pub conversations_within_s: i64,
    pub consent_required: bool,
}

impl Conduct {
    pub const fn hours(&self) -> Hours {
        Hours { of_the_day: self.hours, days: self.days }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    pub allow_loopback: bool,
    pub attempts: u32,
    pub first_retry_ms: i64,
    pub longest_retry_ms: i64,
    pub in_flight: usize,
    pub in_flight_per_workspace: usize,
    pub in_flight_per_webhook: usize,
    pub slow_after_ms: i64,
    pub slow_in_flight: usize,
    pub requests_per_second: f64,
    pub replayed_at_most: usize,
    pub most_per_grant: usize,
    pub most_headers: usize,
    pub most_old_secrets: usize,
    pub timeout_ms: u64,
    pub secret_overlap_s: i64,
    pub disable_after_s: i64,
}

impl Webhooks {
    pub const fn schedule(&self) -> Schedule {
        Schedule { first_ms: self.first_retry_ms, longest_ms: self.longest_retry_ms, attempts: self.attempts }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    pub attempts: u32,
    pub first_retry_ms: i64,
    pub longest_retry_ms: i64,
    pub lease_ms: i64,
    pub in_flight: usize,
    pub in_flight_per_system: usize,
}

impl Jobs {
    pub const fn schedule(&self) -> Schedule {
        Schedule { first_ms: self.first_retry_ms, longest_ms: self.longest_retry_ms, attempts: self.attempts }
    }
}

/// How long what has ended is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub look_every_s: i64,
    pub slice_rows: usize,
    pub used_tokens_s: i64,
    pub received_callbacks_s: i64,
    pub attempts_s: i64,
    pub deliveries_s: i64,
    pub stray_messages_s: i64,
    pub audit_s: i64,
}

/// Why the service does not start; the text names the setting to change.
#[derive(Debug, Error)]
pub enum InvalidSettings {
    #[error("the settings cannot be read: {0}")]
    Unreadable(#[from] config::ConfigError),
    #[error("{setting} {problem}. Set it in the configuration file or as {env}.")]
    Wrong { setting: &'static str, problem: String, env: String },
}

impl InvalidSettings {
    pub fn wrong(setting: &'static str, problem: impl Into<String>) -> Self {
        let env = format!("ALC_{}", setting.replace('.', "__").to_uppercase());
        Self::Wrong { setting, problem: problem.into(), env }
    }
}

/// What the command line sets, over everything else.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    pub config: Option<PathBuf>,
    pub listen: Option<String>,
    pub database: Option<String>,
    pub redis: Option<String>,
}

impl Settings {
    /// `environment`: the process's variables, all of them; those that are not ours are left alone.
    pub fn load(
        profile: Profile,
        environment: impl IntoIterator<Item = (String, String)>,
        overrides: &Overrides,
    ) -> Result<Self, InvalidSettings> {
        let embedded = match profile {
            Profile::Default => "",
            Profile::Production => include_str!("../config/production.toml"),
            Profile::Test => include_str!("../config/test.toml"),
        };
        // `ALC_SECTION__KEY` is a setting; a single underscore (`ALC_HOME`) is somebody else's variable.
        let ours: HashMap<String, String> =
            environment.into_iter().filter(|(name, _)| name.starts_with("ALC_") && name.contains("__")).collect();
        let mut layers = Config::builder()
            .add_source(File::from_str(include_str!("../config/default.toml"), FileFormat::Toml))
            .add_source(File::from_str(embedded, FileFormat::Toml));
        if let Some(file) = &overrides.config {
            layers = layers.add_source(File::from(Path::new(file)).format(FileFormat::Toml));
        }
        let settings = layers
            .add_source(Environment::with_prefix("ALC").prefix_separator("_").separator("__").source(Some(ours)))
            .set_override_option("server.listen", overrides.listen.clone())?
            .set_override_option("database.url", overrides.database.clone())?
            .set_override_option("redis.url", overrides.redis.clone())?
            .build()?;
        let mut settings: Self = settings.try_deserialize()?;
        settings.profile = profile;
        settings.check()?;
        Ok(settings)
    }
}

fn masked<S: Serializer>(secret: &SecretString, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(if secret.expose_secret().is_empty() { "" } else { "********" })
}

/// Database URLs carry passwords.
fn without_password<S: Serializer>(url: &str, out: S) -> Result<S::Ok, S::Error> {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            // Fails only for URLs that cannot have a password.
            let _ = parsed.set_password(Some("********"));
            out.serialize_str(parsed.as_str())
        }
        _ => out.serialize_str(url),
    }
}

#[cfg(test)]
mod tests;
