//! Passwords: hashed with argon2id, checked one after the other in threads that may block.
//!
//! A check takes a core and 19 MiB for some tens of milliseconds, so only a few run at once and the rest wait their turn:
//! a thousand logins a second must not starve everything else.

use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, password_hash};
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::door::Door;

/// Shorter ones are guessed too soon (NIST SP 800-63B).
pub const SHORTEST: usize = 8;
/// Nobody types more; hashing more is work for whoever sends it.
pub const LONGEST: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    #[error("the password has fewer than {SHORTEST} characters; choose a longer one")]
    TooShort,
    #[error("the password has more than {LONGEST} bytes; choose a shorter one")]
    TooLong,
}

/// The PHC string to store.
pub fn hash(password: &str, door: &Door) -> Result<String, Unfit> {
    if password.chars().count() < SHORTEST {
        return Err(Unfit::TooShort);
    }
    if password.len() > LONGEST {
        return Err(Unfit::TooLong);
    }
    let hash = with_salt(password, &door.random_bytes::<16>()).expect("argon2 takes a salt of 16 bytes");
    Ok(hash.to_string())
}

/// Lets a few checks run at once.
#[derive(Clone, Default)]
pub struct Checks(Arc<OnceLock<Arc<Semaphore>>>);

impl Checks {
    /// Whether `password` is the one that was hashed. Without a hash (nobody has that address) the answer is no, after the same
    /// work: how long it takes says nothing about who has an account.
    pub async fn check(&self, at_once: usize, password: String, stored: Option<String>) -> bool {
        if password.len() > LONGEST {
            return false;
        }
        let gate = Arc::clone(self.0.get_or_init(|| Arc::new(Semaphore::new(at_once))));
        let Ok(permit) = gate.acquire_owned().await else { return false };
        let check = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller that goes away does not let one more in beside it.
            let _permit = permit;
            let is_right = is_of(stored.as_deref().unwrap_or(NOBODYS), &password);
            is_right && stored.is_some()
        });
        check.await.unwrap_or(false)
    }
}

/// Costs the same to check as one that `hash` makes.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn is_of(stored: &str, password: &str) -> bool {
    let Ok(stored) = PasswordHash::new(stored) else {
        tracing::error!("a stored password hash cannot be read");
        return false;
    };
    #[cfg(test)]
    work::note(password, &stored);
    Argon2::default().verify_password(password.as_bytes(), &stored).is_ok()
}

fn with_salt(password: &str, salt: &[u8]) -> password_hash::Result<PasswordHash> {
    Argon2::default().hash_password_with_salt(password.as_bytes(), salt)
}

/// What checks cost, for tests: the parameters of each hash that was computed of a password.
#[cfg(test)]
pub(crate) mod work {
    use std::sync::{Mutex, PoisonError};

    use super::PasswordHash;

    static DONE: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

    pub(super) fn note(password: &str, stored: &PasswordHash) {
        let parameters = format!("{} {}", stored.algorithm, stored.params);
        DONE.lock().unwrap_or_else(PoisonError::into_inner).push((password.to_owned(), parameters));
    }

    /// Tests run side by side, so each asks of a password that no other has.
    pub(crate) fn done(password: &str) -> Vec<String> {
        let done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
        done.iter().filter(|(known, _)| known == password).map(|(_, parameters)| parameters.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::SystemClock;

    #[tokio::test]
    async fn only_the_password_that_was_hashed_is_taken() {
        let door = Door::new(SystemClock);
        let stored = hash("correct horse", &door).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, hash("correct horse", &door).unwrap(), "every hash has its own salt");
        let checks = Checks::default();
        assert!(checks.check(2, "correct horse".into(), Some(stored.clone())).await);
        assert!(!checks.check(2, "correct horsf".into(), Some(stored.clone())).await);
        assert!(!checks.check(2, String::new(), Some(stored)).await);
        assert!(!checks.check(2, "correct horse".into(), None).await);
    }

    #[test]
    fn passwords_too_short_or_too_long_are_not_hashed() {
        let door = Door::new(SystemClock);
        assert_eq!(hash("seven77", &door), Err(Unfit::TooShort));
        assert_eq!(hash(&"x".repeat(LONGEST + 1), &door), Err(Unfit::TooLong));
    }
}
