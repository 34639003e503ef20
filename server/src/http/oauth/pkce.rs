//! PKCE (RFC 7636), S256 only: who redeems a code proves to be who asked for it.

use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use subtle::ConstantTimeEq as _;

use super::params::Params;

/// The challenge of an authorization request, if it has one. The texts go back to the client.
pub fn challenge(params: &Params) -> Result<Option<String>, &'static str> {
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err("code_challenge_method is given without code_challenge"),
        (Some(challenge), Some("S256")) if is_challenge(challenge) => Ok(Some(challenge.to_owned())),
        (Some(_), Some("S256")) => Err("code_challenge must be 43 characters of base64url without padding"),
        // Without a method the RFC means plain, which shows the verifier to whoever sees the request.
        (Some(_), _) => Err("code_challenge_method must be S256"),
    }
}

/// Whether the verifier belongs to the challenge a code was made with. A verifier for a code without challenge is refused as
/// well: it means that somebody dropped the challenge on the way (RFC 9700 §2.1.1).
pub fn verify(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), &'static str> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err("code_verifier is given, but the code was asked for without code_challenge"),
        (Some(_), None) => Err("code_verifier is missing"),
        // Checked here because the crate panics at the wrong length.
        (Some(_), Some(verifier)) if !is_verifier(verifier) => {
            Err("code_verifier must be 43 to 128 letters, digits and -._~ characters")
        }
        (Some(challenge), Some(verifier)) => {
            let made = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.to_owned()));
            if bool::from(made.as_str().as_bytes().ct_eq(challenge.as_bytes())) {
                Ok(())
            } else {
                Err("code_verifier does not belong to the code_challenge")
            }
        }
    }
}

/// SHA-256 in base64url without padding.
fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_verifier_of_the_rfc_belongs_to_its_challenge() {
        assert_eq!(verify(Some(CHALLENGE), Some(VERIFIER)), Ok(()));
        assert!(verify(Some(CHALLENGE), Some(&VERIFIER.replace('d', "e"))).is_err());
        assert!(verify(Some(CHALLENGE), Some(CHALLENGE)).is_err(), "plain is not taken");
    }

    #[test]
    fn neither_side_can_be_left_out() {
        assert_eq!(verify(None, None), Ok(()));
        assert!(verify(Some(CHALLENGE), None).is_err());
        assert!(verify(None, Some(VERIFIER)).is_err());
    }

    #[test]
    fn a_verifier_of_the_wrong_form_is_refused_without_a_panic() {
        for wrong in ["short", &"x".repeat(129), &format!("{}é", &VERIFIER[..42])] {
            assert!(verify(Some(CHALLENGE), Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_s256_is_taken() {
        let of = |query: &str| challenge(&Params::parse(query.as_bytes()));
        assert_eq!(of(""), Ok(None));
        assert_eq!(of(&format!("code_challenge={CHALLENGE}&code_challenge_method=S256")), Ok(Some(CHALLENGE.into())));
        for wrong in ["", "&code_challenge_method=plain", "&code_challenge_method=s256"] {
            assert!(of(&format!("code_challenge={CHALLENGE}{wrong}")).is_err(), "{wrong}");
        }
        assert!(of("code_challenge_method=S256").is_err());
        assert!(of(&format!("code_challenge={CHALLENGE}A&code_challenge_method=S256")).is_err());
    }
}
