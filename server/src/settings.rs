//! Every setting of the service: read in layers, refused when unknown, printed with secrets masked.
//!
//! Built-in defaults (`config/default.toml`) < the profile's file (embedded, or `--config FILE`) < environment
//! (`ALC_SECTION__KEY`) < command line.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use alc_core::campaign::Campaign;
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
    pub last_deadline_s: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    pub allow_loopback: bool,
    pub attempts: u32,
    pub first_retry_ms: i64,
    pub longest_retry_ms: i64,
    pub in_flight: usize,
    pub in_flight_per_webhook: usize,
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

const SHORTEST_LEASE_MS: i64 = 500;
/// Both ways of a signature's window, and some.
const SHORTEST_CALLBACKS_KEPT_S: i64 = 3_600;
const LONGEST_GRACE_S: i64 = 300;

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

    fn check(&self) -> Result<(), InvalidSettings> {
        if self.profile == Profile::Production {
            if self.secrets.key.expose_secret().is_empty() {
                let cure =
                    "must be set in production: 32 random bytes in base64, for example from `openssl rand -base64 32`";
                return Err(InvalidSettings::wrong("secrets.key", cure));
            }
            if !self.server.public_url.starts_with("https://") {
                return Err(InvalidSettings::wrong(
                    "server.public_url",
                    "must be the https:// address we are reached at in production",
                ));
            }
            if self.webhooks.allow_loopback {
                return Err(InvalidSettings::wrong("webhooks.allow_loopback", "must be false in production"));
            }
            let account = [
                ("sms.account_sid", self.sms.account_sid.as_str()),
                ("sms.auth_token", self.sms.auth_token.expose_secret()),
                ("sms.from", self.sms.from.as_str()),
            ];
            if let Some((setting, _)) = account.into_iter().find(|(_, value)| value.trim().is_empty()) {
                return Err(InvalidSettings::wrong(setting, "must be set in production, or nobody can be texted"));
            }
        }
        if !self.server.public_url.is_empty() && url::Url::parse(&self.server.public_url).is_err() {
            return Err(InvalidSettings::wrong("server.public_url", "is not a URL"));
        }
        if url::Url::parse(&self.attio.base_url).is_err() {
            return Err(InvalidSettings::wrong("attio.base_url", "is not a URL"));
        }
        if url::Url::parse(&self.sms.base_url).is_err() {
            return Err(InvalidSettings::wrong("sms.base_url", "is not a URL"));
        }
        let is_redis = |url: &url::Url| matches!(url.scheme(), "redis" | "rediss") && url.has_host();
        if !self.redis.url.is_empty() && !url::Url::parse(&self.redis.url).is_ok_and(|url| is_redis(&url)) {
            let problem = "is no redis://host:port/ or rediss://user:password@host:port/ URL";
            return Err(InvalidSettings::wrong("redis.url", problem));
        }
        if self.redis.timeout_ms == 0 {
            return Err(InvalidSettings::wrong("redis.timeout_ms", "must be at least 1"));
        }
        self.check_limits()?;
        let is_e164 = |number: &str| {
            number.strip_prefix('+').is_some_and(|digits| {
                (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
            })
        };
        if let Some(number) = self.sms.numbers().find(|number| !is_e164(number)) {
            let problem = format!("has {number:?}, which is no number in E.164, such as +15005550006");
            return Err(InvalidSettings::wrong("sms.from", problem));
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<(), InvalidSettings> {
        for (setting, value) in [
            ("server.body_read_timeout_s", self.server.body_read_timeout_s),
            ("server.request_timeout_s", self.server.request_timeout_s),
            ("server.idle_timeout_s", self.server.idle_timeout_s),
        ] {
            if value == 0 {
                return Err(InvalidSettings::wrong(setting, "must be at least 1"));
            }
        }
        for (setting, value) in [
            ("server.connections", self.server.connections),
            ("jobs.in_flight", self.jobs.in_flight),
            ("jobs.in_flight_per_system", self.jobs.in_flight_per_system),
            ("webhooks.in_flight", self.webhooks.in_flight),
            ("webhooks.in_flight_per_webhook", self.webhooks.in_flight_per_webhook),
            ("webhooks.most_per_grant", self.webhooks.most_per_grant),
            ("webhooks.most_old_secrets", self.webhooks.most_old_secrets),
            ("oauth.password_checks", self.oauth.password_checks),
            ("sms.inbox_pages", self.sms.inbox_pages),
            ("retention.slice_rows", self.retention.slice_rows),
        ] {
            if value == 0 {
                return Err(InvalidSettings::wrong(setting, "must be at least 1"));
            }
        }
        for (setting, value) in [
            ("jobs.attempts", self.jobs.attempts.into()),
            ("jobs.first_retry_ms", self.jobs.first_retry_ms),
            ("jobs.longest_retry_ms", self.jobs.longest_retry_ms),
            ("webhooks.attempts", self.webhooks.attempts.into()),
            ("webhooks.first_retry_ms", self.webhooks.first_retry_ms),
            ("webhooks.longest_retry_ms", self.webhooks.longest_retry_ms),
            ("webhooks.secret_overlap_s", self.webhooks.secret_overlap_s),
            ("webhooks.disable_after_s", self.webhooks.disable_after_s),
            ("limits.idempotency_kept_s", self.limits.idempotency_kept_s),
            ("conversation.silence_s", self.conversation.silence_s),
            ("conversation.last_deadline_s", self.conversation.last_deadline_s),
            ("sms.read_inbox_every_s", self.sms.read_inbox_every_s),
            ("oauth.code_lifetime_s", self.oauth.code_lifetime_s),
            ("oauth.access_token_lifetime_s", self.oauth.access_token_lifetime_s),
            ("oauth.refresh_token_lifetime_s", self.oauth.refresh_token_lifetime_s),
            ("oauth.session_lifetime_s", self.oauth.session_lifetime_s),
            ("oauth.login_failures_per_account", self.oauth.login_failures_per_account),
            ("oauth.login_failures_per_address", self.oauth.login_failures_per_address),
            ("oauth.login_window_s", self.oauth.login_window_s),
            ("retention.look_every_s", self.retention.look_every_s),
            ("retention.used_tokens_s", self.retention.used_tokens_s),
            ("retention.attempts_s", self.retention.attempts_s),
            ("retention.deliveries_s", self.retention.deliveries_s),
            ("retention.stray_messages_s", self.retention.stray_messages_s),
            ("retention.audit_s", self.retention.audit_s),
        ] {
            if value < 1 {
                return Err(InvalidSettings::wrong(setting, "must be at least 1"));
            }
        }
        for (setting, value) in
            [("sms.clocks_differ_s", self.sms.clocks_differ_s), ("sms.inbox_overlap_s", self.sms.inbox_overlap_s)]
        {
            if value < 0 {
                return Err(InvalidSettings::wrong(setting, "must be at least 0"));
            }
        }
        // Longer than any client waits, and a stolen token has a second life.
        if !(0..=LONGEST_GRACE_S).contains(&self.oauth.refresh_grace_s) {
            let problem = format!("must be 0 (no grace) to {LONGEST_GRACE_S}");
            return Err(InvalidSettings::wrong("oauth.refresh_grace_s", problem));
        }
        // Forgotten sooner, a callback could be sent again while its signature still holds.
        if self.retention.received_callbacks_s < SHORTEST_CALLBACKS_KEPT_S {
            let problem = format!("must be at least {SHORTEST_CALLBACKS_KEPT_S}");
            return Err(InvalidSettings::wrong("retention.received_callbacks_s", problem));
        }
        // Renewed every third of it; in less than that a busy machine may not get round to it.
        if self.jobs.lease_ms < SHORTEST_LEASE_MS {
            return Err(InvalidSettings::wrong("jobs.lease_ms", format!("must be at least {SHORTEST_LEASE_MS}")));
        }
        Ok(())
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
