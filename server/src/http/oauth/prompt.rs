//! `prompt` (as §3.1.2.1 of `OpenID` Connect's core has it): what a client wants the person to be asked, or not.

/// What may be asked for; `none` alone.
pub const VALUES: [&str; 3] = ["none", "login", "consent"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompt {
    /// Ask nothing: answer at once, if need be with an error.
    pub none: bool,
    /// Log in again, whoever is logged in.
    pub login: bool,
    /// Ask for consent, even where it was given before.
    pub consent: bool,
}

impl Prompt {
    /// The text goes back to the client.
    pub fn parse(prompt: Option<&str>) -> Result<Self, &'static str> {
        let words: Vec<&str> = prompt.unwrap_or_default().split(' ').filter(|word| !word.is_empty()).collect();
        if words.iter().any(|word| !VALUES.contains(word)) {
            return Err("prompt must be none, or login, consent or both");
        }
        let prompt = Self {
            none: words.contains(&"none"),
            login: words.contains(&"login"),
            consent: words.contains(&"consent"),
        };
        if prompt.none && words.len() > 1 {
            return Err("prompt=none goes with nothing else");
        }
        Ok(prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_stands_alone_and_the_others_together() {
        assert_eq!(Prompt::parse(None), Ok(Prompt::default()));
        assert_eq!(Prompt::parse(Some("none")), Ok(Prompt { none: true, ..Prompt::default() }));
        assert_eq!(Prompt::parse(Some("consent login")), Ok(Prompt { none: false, login: true, consent: true }));
        for wrong in ["none login", "select_account", "None", "login,consent"] {
            assert!(Prompt::parse(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
