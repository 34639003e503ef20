//! What we say: every sentence of ours in eight languages, a file each.
//!
//! A line is `key = text` or, for the tones where it matters, `key.formal = text`. `{name}`, `{company}`, `{offer}`, `{question}` and
//! `{greeting}` are filled in. A further language is a further file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::campaign::{Campaign, Language, Tone};

type Sentences = BTreeMap<&'static str, &'static str>;

const LANGUAGES: &[(Language, &str)] = &[
    (Language::De, include_str!("sentences/de.txt")),
    (Language::En, include_str!("sentences/en.txt")),
    (Language::Es, include_str!("sentences/es.txt")),
    (Language::Fr, include_str!("sentences/fr.txt")),
    (Language::It, include_str!("sentences/it.txt")),
    (Language::Nl, include_str!("sentences/nl.txt")),
    (Language::Pl, include_str!("sentences/pl.txt")),
    (Language::Pt, include_str!("sentences/pt.txt")),
];

static BOOK: LazyLock<Vec<(Language, Sentences)>> =
    LazyLock::new(|| LANGUAGES.iter().map(|(language, text)| (*language, listed(text))).collect());

/// A sentence of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sentence {
    /// How the opening begins for somebody with a name.
    Greeting,
    GreetingUnnamed,
    /// Who we are, what we ask, how to stop.
    Opening,
    /// Whoever asks who is texting hears this.
    Introduction,
    Help,
    UnclearFirst,
    UnclearAgain,
    /// Leads from a yes to the first question.
    QuestionAfterYes,
    /// The same when the lead wants to know more first.
    QuestionAfterCuriosity,
    QuestionNext,
    /// A question again, to whoever sent nothing that can be an answer.
    QuestionAgain,
    Nudge,
    NudgeQuestion,
    FarewellHot,
    FarewellWarm,
    FarewellCold,
    FarewellDeclined,
    FarewellWrongPerson,
}

impl Sentence {
    const fn key(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::GreetingUnnamed => "greeting_unnamed",
            Self::Opening => "opening",
            Self::Introduction => "introduction",
            Self::Help => "help",
            Self::UnclearFirst => "unclear_first",
            Self::UnclearAgain => "unclear_again",
            Self::QuestionAfterYes => "question_after_yes",
            Self::QuestionAfterCuriosity => "question_after_curiosity",
            Self::QuestionNext => "question_next",
            Self::QuestionAgain => "question_again",
            Self::Nudge => "nudge",
            Self::NudgeQuestion => "nudge_question",
            Self::FarewellHot => "farewell_hot",
            Self::FarewellWarm => "farewell_warm",
            Self::FarewellCold => "farewell_cold",
            Self::FarewellDeclined => "farewell_declined",
            Self::FarewellWrongPerson => "farewell_wrong_person",
        }
    }

    /// In the campaign's language and tone. `filled`: what stands in its gaps besides the campaign's own words.
    pub(crate) fn say(self, campaign: &Campaign, filled: &[(&str, &str)]) -> String {
        let own = [("company", campaign.company.as_str()), ("offer", campaign.offer.as_str())];
        let gaps: Vec<_> = own.iter().chain(filled).copied().collect();
        fill(self.text(campaign.language, campaign.tone), &gaps)
    }

    fn text(self, language: Language, tone: Tone) -> &'static str {
        let sentences = BOOK.iter().find(|(known, _)| *known == language).map(|(_, sentences)| sentences);
        let sentences = sentences.expect("every language has a file");
        let formal = (tone == Tone::Formal).then(|| sentences.get(format!("{}.formal", self.key()).as_str())).flatten();
        formal.or_else(|| sentences.get(self.key())).expect("every file has every sentence")
    }
}

/// Gaps are filled in one pass: what stands in one is never read for gaps itself.
fn fill(text: &str, gaps: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 100);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else { break };
        out.push_str(gaps.iter().find(|(gap, _)| *gap == name).map_or("", |(_, value)| value));
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn listed(text: &'static str) -> Sentences {
    text.lines().filter_map(|line| line.split_once(" = ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::Consent;

    impl Sentence {
        const ALL: [Self; 18] = [
            Self::Greeting,
            Self::GreetingUnnamed,
            Self::Opening,
            Self::Introduction,
            Self::Help,
            Self::UnclearFirst,
            Self::UnclearAgain,
            Self::QuestionAfterYes,
            Self::QuestionAfterCuriosity,
            Self::QuestionNext,
            Self::QuestionAgain,
            Self::Nudge,
            Self::NudgeQuestion,
            Self::FarewellHot,
            Self::FarewellWarm,
            Self::FarewellCold,
            Self::FarewellDeclined,
            Self::FarewellWrongPerson,
        ];
    }

    fn campaign(language: Language, tone: Tone) -> Campaign {
        Campaign { tone, language, ..Campaign::new("Acme", "We can cut your cloud bill.") }
    }

    #[test]
    fn every_language_says_everything_and_fills_every_gap() {
        let gaps = [("name", "Ada"), ("greeting", "Hi Ada"), ("question", "How many are you?")];
        for (language, text) in LANGUAGES {
            for line in text.lines().filter(|line| !line.is_empty()) {
                let key = line.split_once(" = ").expect(line).0.trim_end_matches(".formal");
                assert!(Sentence::ALL.iter().any(|known| known.key() == key), "{language:?}: {key} is never said");
            }
            for sentence in Sentence::ALL {
                for tone in [Tone::Friendly, Tone::Formal] {
                    let said = sentence.text(*language, tone);
                    let mut rest = said;
                    while let Some((_, after)) = rest.split_once('{') {
                        let (gap, tail) = after.split_once('}').expect(said);
                        let is_known =
                            gaps.iter().any(|(known, _)| *known == gap) || ["company", "offer"].contains(&gap);
                        assert!(is_known, "{language:?}: nothing is known to fill {gap} in {said:?}");
                        rest = tail;
                    }
                }
            }
        }
    }

    #[test]
    fn what_asks_for_an_answer_out_of_the_blue_says_who_asks_and_how_to_stop() {
        for (language, _) in LANGUAGES {
            for tone in [Tone::Friendly, Tone::Formal] {
                for sentence in [Sentence::Opening, Sentence::Introduction, Sentence::Help, Sentence::Nudge] {
                    let said = sentence.say(&campaign(*language, tone), &[("greeting", "Hi Ada")]);
                    assert!(said.contains("Acme") && said.contains("STOP"), "{language:?}: {said}");
                }
                let asked = [("question", "How many?")];
                for sentence in [
                    Sentence::QuestionAfterYes,
                    Sentence::QuestionAfterCuriosity,
                    Sentence::QuestionNext,
                    Sentence::QuestionAgain,
                    Sentence::NudgeQuestion,
                ] {
                    let said = sentence.say(&campaign(*language, tone), &asked);
                    assert!(said.contains("How many?"), "{language:?}: {said}");
                }
            }
        }
        // The word we tell people to send is heard whatever language we told them in.
        assert_eq!(Consent::read("STOP", None), Some(Consent::Stop));
    }

    #[test]
    fn what_fills_a_gap_is_not_read_for_gaps() {
        assert_eq!(fill("{name} of {company}", &[("name", "{company}"), ("company", "Acme")]), "{company} of Acme");
    }
}
