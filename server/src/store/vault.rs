//! Secrets and personal data at rest. What must come back is sealed (XChaCha20-Poly1305), what must only be found is indexed
//! (HMAC-SHA256), what must only be compared is hashed. A sealed text is bound to its place and row: moved elsewhere, it does
//! not open.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::StoreError;

const NONCE: usize = 24;

/// The keys of this installation, the newest first. Each key names itself, so rotating is: put a new key in front, keep the old.
pub struct Vault {
    sealers: Vec<Sealer>,
    /// From the oldest key: a new key in front must not hide an opt-out that is found by its index.
    index_key: [u8; 32],
}

struct Sealer {
    id: String,
    cipher: XChaCha20Poly1305,
}

impl Vault {
    /// `older` from newest to oldest; they stay until nothing is sealed under them, the oldest as long as its indexes are in use.
    pub fn new(current: [u8; 32], older: &[[u8; 32]]) -> Self {
        let keys = || std::iter::once(&current).chain(older);
        let sealers = keys().map(|master| Sealer {
            id: hex(&keyed(master, &["alc key id"])[..4]),
            cipher: XChaCha20Poly1305::new(&keyed(master, &["alc seal"]).into()),
        });
        let sealers = sealers.collect();
        let oldest = keys().last().unwrap_or(&current);
        Self { sealers, index_key: keyed(oldest, &["alc index"]) }
    }

    /// Keys as they stand in the settings: 32 bytes, base64.
    pub fn from_base64(current: &str, older: &[&str]) -> Result<Self, StoreError> {
        let older: Vec<_> = older.iter().map(|key| master(key)).collect::<Result<_, _>>()?;
        Ok(Self::new(master(current)?, &older))
    }

    /// `place` is table and column ("leads.phone").
    pub fn seal(&self, place: &str, row_id: &str, plaintext: &str) -> String {
        let sealer = &self.sealers[0];
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).expect("the operating system gives random bytes");
        let bound = framed(&[place, row_id]);
        let payload = Payload { msg: plaintext.as_bytes(), aad: &bound };
        let sealed = sealer.cipher.encrypt(&XNonce::from(nonce), payload).expect("texts are shorter than 256 GiB");
        format!("v1.{}.{}", sealer.id, URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    pub fn open(&self, place: &str, row_id: &str, sealed: &str) -> Result<String, StoreError> {
        let broken = |reason: &str| StoreError::Sealed(format!("{place} of {row_id} cannot be opened: {reason}"));
        let mut parts = sealed.splitn(3, '.');
        let (Some("v1"), Some(id), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(broken("it is not a sealed text of this version"));
        };
        let sealer = self.sealers.iter().find(|sealer| sealer.id == id).ok_or_else(|| {
            broken(&format!(
                "it is sealed with key {id}, which is not among the configured keys; add that key to the old ones"
            ))
        })?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| broken("its text is damaged"))?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or_else(|| broken("its text is cut short"))?;
        let bound = framed(&[place, row_id]);
        let payload = Payload { msg: sealed, aad: &bound };
        let plain = sealer.cipher.decrypt(&XNonce::from(*nonce), payload);
        let plain = plain.map_err(|_| broken("it was changed, or moved from another place or row"))?;
        String::from_utf8(plain).map_err(|_| broken("it does not hold text"))
    }

    /// The same text and purpose give the same index; without the key nobody can go back, or try all phone numbers.
    pub fn index(&self, purpose: &str, text: &str) -> String {
        hex(&keyed(&self.index_key, &[purpose, text]))
    }
}

/// For tokens with at least 128 bits of randomness, which nobody can guess; anything weaker needs `Vault::index`.
pub fn hash_token(token: &str) -> String {
    hex(&Sha256::digest(token))
}

/// Key ids only; the keys themselves never leave.
impl fmt::Debug for Vault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.sealers.iter().map(|sealer| &sealer.id)).finish()
    }
}

fn master(text: &str) -> Result<[u8; 32], StoreError> {
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.ok_or_else(|| {
        StoreError::Settings(
            "a key of the vault must be 32 bytes in base64; make one with `openssl rand -base64 32`".to_owned(),
        )
    })
}

fn keyed(key: &[u8; 32], texts: &[&str]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(&framed(texts));
    mac.finalize().into_bytes().into()
}

/// Each text after its length, so that no two lists of texts read the same.
fn framed(texts: &[&str]) -> Vec<u8> {
    texts.iter().flat_map(|text| [&(text.len() as u64).to_be_bytes(), text.as_bytes()].concat()).collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const NEW: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

    fn refused(opened: Result<String, StoreError>) -> String {
        let Err(StoreError::Sealed(reason)) = opened else { panic!("{opened:?}") };
        reason
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_and_row_only() {
        let vault = Vault::from_base64(OLD, &[]).unwrap();
        let sealed = vault.seal("leads.phone", "lead_1", "+442079460000");
        assert_eq!(vault.open("leads.phone", "lead_1", &sealed).unwrap(), "+442079460000");
        assert_ne!(sealed, vault.seal("leads.phone", "lead_1", "+442079460000"), "every seal has its own nonce");
        for (place, row) in [("leads.name", "lead_1"), ("leads.phone", "lead_2"), ("leads.phon", "elead_1")] {
            assert!(refused(vault.open(place, row, &sealed)).contains("moved"));
        }
    }

    #[test]
    fn a_changed_text_does_not_open() {
        let vault = Vault::from_base64(OLD, &[]).unwrap();
        let sealed = vault.seal("leads.phone", "lead_1", "");
        for position in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            refused(vault.open("leads.phone", "lead_1", &String::from_utf8(bytes).unwrap()));
            refused(vault.open("leads.phone", "lead_1", &sealed[..position]));
        }
    }

    #[test]
    fn a_new_key_in_front_opens_and_finds_what_the_old_one_left() {
        let before = Vault::from_base64(OLD, &[]).unwrap();
        let after = Vault::from_base64(NEW, &[OLD]).unwrap();
        let sealed = before.seal("leads.phone", "lead_1", "+442079460000");
        assert_eq!(after.open("leads.phone", "lead_1", &sealed).unwrap(), "+442079460000");
        assert_eq!(before.index("opt-out", "+442079460000"), after.index("opt-out", "+442079460000"));
        let resealed = after.seal("leads.phone", "lead_1", "+442079460000");
        assert!(refused(before.open("leads.phone", "lead_1", &resealed)).contains("not among the configured keys"));
    }

    #[test]
    fn an_index_tells_purposes_and_installations_apart() {
        let vault = Vault::from_base64(OLD, &[]).unwrap();
        let index = vault.index("opt-out", "+442079460000");
        assert_eq!(index.len(), 64);
        assert_ne!(index, vault.index("opt-out", "+442079460001"));
        assert_ne!(index, vault.index("lead", "+442079460000"));
        assert_ne!(index, vault.index("opt-out+44", "2079460000"));
        assert_ne!(index, Vault::from_base64(NEW, &[]).unwrap().index("opt-out", "+442079460000"));
    }

    #[test]
    fn keys_stay_inside_and_wrong_ones_name_the_cure() {
        assert!(!format!("{:?}", Vault::from_base64(OLD, &[NEW]).unwrap()).contains("AAEC"));
        for wrong in ["", "c2hvcnQ=", "not base64 at all"] {
            let Err(StoreError::Settings(cure)) = Vault::from_base64(wrong, &[]) else { panic!("{wrong} was taken") };
            assert!(cure.contains("openssl rand -base64 32") && (wrong.is_empty() || !cure.contains(wrong)));
        }
    }

    #[test]
    fn tokens_are_hashed_with_sha_256() {
        assert_eq!(hash_token("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
