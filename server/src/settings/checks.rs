//! What settings must be so that the service can start with them; a refusal names the setting to change.

use secrecy::ExposeSecret as _;

use super::{InvalidSettings, Profile, Settings};

const SHORTEST_LEASE_MS: i64 = 500;
/// Both ways of a signature's window, and some.
const SHORTEST_CALLBACKS_KEPT_S: i64 = 3_600;
const LONGEST_GRACE_S: i64 = 300;

/// What is wrong with the settings' own campaign is said of its setting.
fn setting_of_campaign(field: &str) -> &'static str {
    const SETTINGS: &[&str] = &[
        "campaign.company",
        "campaign.offer",
        "campaign.questions",
        "campaign.nudges",
        "campaign.nudge_after_s",
        "campaign.most_turns",
    ];
    SETTINGS.iter().find(|setting| setting.strip_prefix("campaign.") == Some(field)).copied().unwrap_or("campaign")
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), InvalidSettings> {
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
        self.campaign
            .check()
            .map_err(|invalid| InvalidSettings::wrong(setting_of_campaign(invalid.field), invalid.problem))?;
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
            ("webhooks.in_flight_per_workspace", self.webhooks.in_flight_per_workspace),
            ("webhooks.in_flight_per_webhook", self.webhooks.in_flight_per_webhook),
            ("webhooks.slow_in_flight", self.webhooks.slow_in_flight),
            ("webhooks.replayed_at_most", self.webhooks.replayed_at_most),
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
            ("webhooks.slow_after_ms", self.webhooks.slow_after_ms),
            ("webhooks.secret_overlap_s", self.webhooks.secret_overlap_s),
            ("webhooks.disable_after_s", self.webhooks.disable_after_s),
            ("limits.idempotency_kept_s", self.limits.idempotency_kept_s),
            ("conversation.silence_s", self.conversation.silence_s),
            ("conversation.late_reply_s", self.conversation.late_reply_s),
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
        for (setting, value) in [
            ("sms.clocks_differ_s", self.sms.clocks_differ_s),
            ("sms.inbox_overlap_s", self.sms.inbox_overlap_s),
            ("conduct.answer_within_s", self.conduct.answer_within_s),
            ("conduct.texts_per_phone_a_day", self.conduct.texts_per_phone_a_day),
            ("conduct.texts_per_workspace_a_day", self.conduct.texts_per_workspace_a_day),
            ("conduct.conversations_per_phone", self.conduct.conversations_per_phone),
            ("conduct.conversations_within_s", self.conduct.conversations_within_s),
        ] {
            if value < 0 {
                return Err(InvalidSettings::wrong(setting, "must be at least 0"));
            }
        }
        if !(self.webhooks.requests_per_second >= 0.0 && self.webhooks.requests_per_second.is_finite()) {
            return Err(InvalidSettings::wrong("webhooks.requests_per_second", "must be 0 (no limit) or more"));
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
