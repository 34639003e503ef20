//! Passwords tried in vain, counted for each account and for each place that requests come from, over all replicas. An attempt is
//! counted before its password is checked and forgiven when it was right, so that a hundred at once get no more guesses than a
//! hundred in a row.

use alc_core::time::Timestamp;

use super::users::same_address;
use super::{StoreError, Tx};
use crate::params;

/// Who tries: both are counted. Neither needs to exist, so a count tells nothing about who has an account.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub email: String,
    /// None where it is not known.
    pub client_address: Option<String>,
}

/// How many failures within how long.
#[derive(Debug, Clone, Copy)]
pub struct LoginLimits {
    pub per_account: i64,
    pub per_address: i64,
    pub window_ms: i64,
}

impl Tx {
    /// Counts an attempt. When there were too many, counts nothing and says when the next may be made.
    pub async fn count_login(
        &mut self,
        attempt: &Attempt,
        limits: LoginLimits,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let account = self.account_subject(attempt);
        let address = self.address_subject(attempt).map(|address| (address, limits.per_address));
        // Accounts before addresses, whoever asks: two who wait for each other would wait for ever.
        let subjects: Vec<_> = std::iter::once((account, limits.per_account)).chain(address).collect();
        let mut locked_until = None;
        for (subject, most) in &subjects {
            self.lock(&format!("login {subject}")).await?;
            let ends_at = self
                .one(
                    "SELECT ends_at FROM login_failures WHERE subject = $1 AND ends_at > $2 AND failures >= $3",
                    params![subject, now.as_millis(), *most],
                    |row| Ok(Timestamp::from_millis(row.int(0)?)),
                )
                .await?;
            locked_until = locked_until.max(ends_at);
        }
        if locked_until.is_some() {
            return Ok(locked_until);
        }
        for (subject, _) in &subjects {
            self.exec(
                "INSERT INTO login_failures (subject, failures, ends_at) VALUES ($1, 1, $2)
                 ON CONFLICT (subject) DO UPDATE SET
                     failures = CASE WHEN login_failures.ends_at > $3 THEN login_failures.failures + 1 ELSE 1 END,
                     ends_at = CASE WHEN login_failures.ends_at > $3 THEN login_failures.ends_at ELSE $2 END",
                params![subject, now.plus_millis(limits.window_ms).as_millis(), now.as_millis()],
            )
            .await?;
        }
        Ok(None)
    }

    /// What was locked with this attempt, which was just counted and failed.
    pub async fn locked_by(
        &mut self,
        attempt: &Attempt,
        limits: LoginLimits,
        now: Timestamp,
    ) -> Result<Option<&'static str>, StoreError> {
        let account = (Some(self.account_subject(attempt)), limits.per_account, "account");
        let address = (self.address_subject(attempt), limits.per_address, "address");
        for (subject, most, what) in [account, address] {
            let full = "SELECT 1 FROM login_failures WHERE subject = $1 AND ends_at > $2 AND failures = $3";
            let found = self.one(full, params![subject.unwrap_or_default(), now.as_millis(), most], |_| Ok(())).await?;
            if found.is_some() {
                return Ok(Some(what));
            }
        }
        Ok(None)
    }

    /// The password was right: the account starts anew. The address only gets this one attempt back, or who has an account could
    /// clear the way for guessing those of others.
    pub async fn forgive_login(&mut self, attempt: &Attempt) -> Result<(), StoreError> {
        let account = self.account_subject(attempt);
        self.exec("DELETE FROM login_failures WHERE subject = $1", params![account]).await?;
        if let Some(address) = self.address_subject(attempt) {
            self.exec(
                "UPDATE login_failures SET failures = failures - 1 WHERE subject = $1 AND failures > 0",
                params![address],
            )
            .await?;
        }
        Ok(())
    }

    fn account_subject(&self, attempt: &Attempt) -> String {
        self.vault().index("login_failures.account", &same_address(&attempt.email))
    }

    fn address_subject(&self, attempt: &Attempt) -> Option<String> {
        let address = attempt.client_address.as_deref()?;
        Some(self.vault().index("login_failures.address", address))
    }
}
