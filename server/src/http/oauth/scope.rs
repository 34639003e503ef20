//! Scopes: what a grant, and each token of it, allows.

use std::collections::BTreeSet;

use crate::http::caller::SCOPES;

/// The scopes asked for, in our order, each once; none asked for means all. `Err` names nothing: scopes we do not know are the
/// caller's words.
pub fn asked(scope: Option<&str>) -> Result<String, UnknownScope> {
    let Some(scope) = scope else { return Ok(SCOPES.join(" ")) };
    let asked: BTreeSet<&str> = scope.split(' ').filter(|scope| !scope.is_empty()).collect();
    if asked.is_empty() || asked.iter().any(|scope| !SCOPES.contains(scope)) {
        return Err(UnknownScope);
    }
    Ok(SCOPES.iter().filter(|scope| asked.contains(*scope)).copied().collect::<Vec<_>>().join(" "))
}

/// Part of what was granted; none asked for means all of it.
pub fn narrowed(granted: &str, scope: Option<&str>) -> Result<String, UnknownScope> {
    let Some(scope) = scope else { return Ok(granted.to_owned()) };
    let narrowed = asked(Some(scope))?;
    let granted: BTreeSet<&str> = granted.split(' ').collect();
    if narrowed.split(' ').all(|scope| granted.contains(scope)) { Ok(narrowed) } else { Err(UnknownScope) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownScope;

/// What a scope means to the person who is asked for it.
pub fn in_words(scope: &str) -> &'static str {
    match scope {
        "leads:read" => "See leads you sent and what was learned of them",
        "leads:write" => "Send leads to be checked, and cancel them",
        "webhooks:read" => "See where results are delivered to",
        "webhooks:write" => "Choose where results are delivered to",
        _ => "Something this version does not know",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scope_means_all_and_an_unknown_one_none() {
        assert_eq!(asked(None).unwrap(), "leads:read leads:write webhooks:read webhooks:write");
        assert_eq!(asked(Some("webhooks:read leads:write leads:write")).unwrap(), "leads:write webhooks:read");
        for unknown in
            ["leads", "LEADS:READ", "leads:read admin", "leads:read,leads:write", " ", "leads:read\tleads:write"]
        {
            assert_eq!(asked(Some(unknown)), Err(UnknownScope), "{unknown}");
        }
    }

    #[test]
    fn a_token_gets_no_more_than_the_grant() {
        assert_eq!(narrowed("leads:read leads:write", None).unwrap(), "leads:read leads:write");
        assert_eq!(narrowed("leads:read leads:write", Some("leads:read")).unwrap(), "leads:read");
        assert_eq!(narrowed("leads:read", Some("leads:read leads:write")), Err(UnknownScope));
    }

    #[test]
    fn every_scope_is_explained() {
        for scope in SCOPES {
            assert!(!in_words(scope).contains("does not know"), "{scope}");
        }
    }
}
