//! The secrets that sign a webhook's callbacks: the current one, and those that a rotation retired but receivers may still hold.

use alc_core::id::{GrantId, WebhookId, WorkspaceId};
use alc_core::signature::Secret;
use alc_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Row, StoreError, Tx};
use crate::params;

const CURRENT: &str = "webhooks.secret";
const RETIRED: &str = "webhooks.retired_secrets";

#[derive(Debug, Clone)]
pub struct SigningSecrets {
    pub current: Secret,
    /// Oldest first.
    pub retired: Vec<RetiredSecret>,
}

#[derive(Debug, Clone)]
pub struct RetiredSecret {
    pub secret: Secret,
    pub expires_at: Timestamp,
}

/// So many earlier secrets still sign that another would be one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManySecrets;

impl SigningSecrets {
    pub const fn new(current: Secret) -> Self {
        Self { current, retired: Vec::new() }
    }

    /// `fresh` signs from now on; what signed before goes on beside it for `overlap_ms`, and no longer.
    ///
    /// `most`: so many earlier ones may sign at once. Each adds a signature to every callback, and receivers refuse long headers.
    pub fn rotate(self, fresh: Secret, now: Timestamp, overlap_ms: i64, most: usize) -> Result<Self, TooManySecrets> {
        let end = now.plus_millis(overlap_ms);
        let mut retired = self.retired;
        retired.push(RetiredSecret { secret: self.current, expires_at: end });
        for earlier in &mut retired {
            earlier.expires_at = earlier.expires_at.min(end);
        }
        retired.retain(|earlier| earlier.expires_at > now);
        if retired.len() > most {
            return Err(TooManySecrets);
        }
        Ok(Self { current: fresh, retired })
    }

    /// Those that sign at `now`, the current one first.
    pub fn live(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let retired = self.retired.iter().rev().filter(move |earlier| earlier.expires_at > now);
        std::iter::once(&self.current).chain(retired.map(|earlier| &earlier.secret))
    }
}

impl Tx {
    pub async fn signing_secrets(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        webhook: &WebhookId,
    ) -> Result<Option<SigningSecrets>, StoreError> {
        self.one(
            "SELECT secret, retired_secrets FROM webhooks WHERE workspace = $1 AND grant_id = $2 AND id = $3 AND deleted_at IS NULL",
            params![workspace.as_str(), grant.as_str(), webhook.as_str()],
            |row| read_signing_secrets(row, [0, 1], webhook.as_str()),
        )
        .await
    }

    /// Called behind [`Tx::lock_webhook`], or two rotations at once would lose a secret that somebody was given.
    pub async fn save_signing_secrets(
        &mut self,
        workspace: &WorkspaceId,
        webhook: &WebhookId,
        secrets: &SigningSecrets,
    ) -> Result<(), StoreError> {
        let current = self.seal_current_secret(webhook, &secrets.current);
        let retired: Vec<Kept> = secrets.retired.iter().map(Kept::from).collect();
        let retired = serde_json::to_string(&retired).map_err(|error| StoreError::Database(error.to_string()))?;
        let retired = (!secrets.retired.is_empty()).then(|| self.vault().seal(RETIRED, webhook.as_str(), &retired));
        self.exec(
            "UPDATE webhooks SET secret = $3, retired_secrets = $4 WHERE workspace = $1 AND id = $2",
            params![workspace.as_str(), webhook.as_str(), current, retired],
        )
        .await?;
        Ok(())
    }

    pub(super) fn seal_current_secret(&self, webhook: &WebhookId, secret: &Secret) -> String {
        self.vault().seal(CURRENT, webhook.as_str(), &secret.reveal())
    }
}

/// Reads the columns `secret` and `retired_secrets`, wherever they stand.
pub(super) fn read_signing_secrets(
    row: &Row<'_>,
    [current, retired]: [usize; 2],
    webhook: &str,
) -> Result<SigningSecrets, StoreError> {
    let parse = |column, text: &str| Secret::parse(text).map_err(|_| row.misfit(column, "is no signing secret"));
    let kept: Vec<Kept> = match row.opt_sealed(retired, RETIRED, webhook)? {
        Some(list) => serde_json::from_str(&list).map_err(|_| row.misfit(retired, "is no list of secrets"))?,
        None => Vec::new(),
    };
    let kept = kept
        .into_iter()
        .map(|kept| Ok(RetiredSecret { secret: parse(retired, &kept.secret)?, expires_at: kept.expires_at }));
    Ok(SigningSecrets {
        current: parse(current, &row.sealed(current, CURRENT, webhook)?)?,
        retired: kept.collect::<Result<_, StoreError>>()?,
    })
}

/// A retired secret as it is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    secret: String,
    expires_at: Timestamp,
}

impl From<&RetiredSecret> for Kept {
    fn from(retired: &RetiredSecret) -> Self {
        Self { secret: retired.secret.reveal(), expires_at: retired.expires_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::from_key(vec![byte; 32]).unwrap()
    }

    fn live(secrets: &SigningSecrets, at: i64) -> Vec<String> {
        secrets.live(Timestamp::from_millis(at)).map(Secret::reveal).collect()
    }

    #[test]
    fn an_earlier_secret_signs_until_its_overlap_ends() {
        let secrets = SigningSecrets::new(secret(1)).rotate(secret(2), Timestamp::from_millis(0), 100, 4).unwrap();
        let secrets = secrets.rotate(secret(3), Timestamp::from_millis(50), 100, 4).unwrap();
        assert_eq!(live(&secrets, 99), [secret(3), secret(2), secret(1)].map(|secret| secret.reveal()));
        assert_eq!(live(&secrets, 100), [secret(3), secret(2)].map(|secret| secret.reveal()));
        assert_eq!(live(&secrets, 150), [secret(3).reveal()]);
    }

    #[test]
    fn a_shorter_overlap_holds_for_all_that_came_before() {
        let secrets = SigningSecrets::new(secret(1)).rotate(secret(2), Timestamp::from_millis(0), 100, 4).unwrap();
        let secrets = secrets.rotate(secret(3), Timestamp::from_millis(1), 0, 4).unwrap();
        assert_eq!(live(&secrets, 1), [secret(3).reveal()], "somebody else has it: it signs no more");
    }

    #[test]
    fn a_few_sign_at_once_and_no_more() {
        let at = Timestamp::from_millis(0);
        let rotated = |secrets: SigningSecrets| secrets.rotate(secret(9), at, 100, 4);
        let mut secrets = SigningSecrets::new(secret(1));
        for _ in 0..4 {
            secrets = rotated(secrets).unwrap();
        }
        assert_eq!(rotated(secrets.clone()).unwrap_err(), TooManySecrets);
        assert!(secrets.rotate(secret(9), Timestamp::from_millis(100), 100, 4).is_ok(), "room is made by time");
    }
}
