use super::*;
use crate::campaign::{Language, Tone};

fn campaign() -> Campaign {
    Campaign::new("Acme", "We can cut your cloud bill.")
}

fn asking() -> Campaign {
    Campaign { questions: vec!["How many people work there?".into(), "Which cloud?".into()], ..campaign() }
}

/// Hears replies one after the other: everything said on the way, and the end if there was one.
fn hear_all(campaign: &Campaign, replies: &[&str]) -> (Vec<String>, Progress, Option<Outcome>) {
    let (mut said, mut progress) = (Vec::new(), Progress::default());
    for reply in replies {
        match hear(campaign, &progress, Some("Ada"), reply) {
            Turn::Ask { say, progress: next } => {
                said.push(say);
                progress = next;
            }
            Turn::End { say, outcome } => {
                said.extend(say);
                return (said, progress, Some(outcome));
            }
        }
    }
    (said, progress, None)
}

fn outcome(campaign: &Campaign, replies: &[&str]) -> Outcome {
    hear_all(campaign, replies).2.expect("the conversation should have ended")
}

#[test]
fn the_opening_names_the_company_and_how_to_stop() {
    let text = opening(&campaign(), "Ada Lovelace");
    assert_eq!(text, "Hi Ada, this is Acme. We can cut your cloud bill. Are you interested? Reply STOP to opt out.");
    assert!(opening(&campaign(), "Unknown").starts_with("Hi, "));
    assert!(opening(&campaign(), "🎉🎉").starts_with("Hi, "));
    let formal = Campaign { language: Language::De, tone: Tone::Formal, ..campaign() };
    let text = opening(&formal, "Ada");
    assert!(text.starts_with("Guten Tag Ada, hier ist Acme.") && text.contains("Haben Sie") && text.contains("STOP"));
}

#[test]
fn a_stop_ends_without_another_word() {
    for before in [&[][..], &["yes"]] {
        let (said, _, end) = hear_all(&asking(), &[before, &["Stop"]].concat());
        assert_eq!((said.len(), end.unwrap().interest), (before.len(), Interest::OptedOut));
    }
}

#[test]
fn unclear_replies_are_asked_about_twice_and_then_left() {
    let (said, progress, end) = hear_all(&campaign(), &["hm", "hm"]);
    assert_eq!((said.len(), progress.clarifications, end), (2, CLARIFICATIONS, None));
    assert_ne!(said[0], said[1]);
    assert_eq!(outcome(&campaign(), &["hm", "hm", "hm"]).interest, Interest::Cold);
}

#[test]
fn somebody_else_hears_an_apology_and_a_child_nothing() {
    for before in [&[][..], &["yes"]] {
        let (said, _, end) = hear_all(&asking(), &[before, &["I'm not Ada"]].concat());
        assert_eq!((said.len(), end.unwrap().interest), (before.len() + 1, Interest::Unreachable));
        let (said, _, end) = hear_all(&asking(), &[before, &["im 14 lol"]].concat());
        assert_eq!((said.len(), end.unwrap().interest), (before.len(), Interest::OptedOut));
    }
}

#[test]
fn help_explains_and_is_no_unclear_reply() {
    let (said, progress, end) = hear_all(&campaign(), &["HELP"]);
    assert_eq!((progress.clarifications, end), (0, None));
    assert!(said[0].contains("STOP"));
}

#[test]
fn whoever_is_interested_is_asked_every_question_and_answers_in_their_own_words() {
    let (said, _, end) = hear_all(&asking(), &["yes, call me", "about 40,\n all in Leeds", "no"]);
    assert!(said[0].contains("How many people work there?") && said[1].contains("Which cloud?"), "{said:?}");
    assert!(said[2].contains("will be in touch"), "{said:?}");
    let end = end.unwrap();
    assert_eq!((end.interest, end.confidence), (Interest::Hot, 0.9));
    let answers: Vec<_> = end.answers.iter().map(|one| (one.question.as_str(), one.answer.as_str())).collect();
    assert_eq!(answers, [("How many people work there?", "about 40, all in Leeds"), ("Which cloud?", "no")]);
    assert_eq!(
        end.summary,
        "Wants to go ahead: “yes, call me” How many people work there? “about 40, all in Leeds” Which cloud? “no”"
    );
}

#[test]
fn whoever_is_not_interested_is_asked_nothing() {
    let (said, _, end) = hear_all(&asking(), &["no thanks"]);
    assert_eq!((said.len(), end.unwrap().answers), (1, Vec::new()));
}

#[test]
fn interest_taken_back_half_way_ends_it_and_keeps_what_was_answered() {
    let end = outcome(&asking(), &["yes", "40", "sorry, not interested any more"]);
    assert_eq!((end.interest, end.answers.len()), (Interest::NotInterested, 1));
}

#[test]
fn a_question_answered_with_nothing_is_asked_again_and_then_left_open() {
    let (said, _, end) = hear_all(&asking(), &["yes", "", " ", "", "AWS"]);
    assert!(said[1].contains("could not read") && said[2].contains("could not read"), "{said:?}");
    let answers: Vec<_> = end.unwrap().answers.into_iter().map(|one| one.answer).collect();
    assert_eq!(answers, ["AWS"]);
}

#[test]
fn answers_are_kept_to_a_length_and_quoted_shorter() {
    let one = Campaign { questions: vec!["Why?".into()], ..campaign() };
    let end = outcome(&one, &["yes", &"word ".repeat(400)]);
    assert_eq!(end.answers[0].answer.chars().count(), ANSWER_CHARACTERS);
    assert!(end.summary.chars().count() < 300);
}

#[test]
fn the_turns_have_an_end() {
    let campaign = Campaign { most_turns: 3, ..asking() };
    let end = outcome(&campaign, &["help", "help", "help"]);
    assert_eq!((end.interest, end.confidence), (Interest::Cold, 0.3));
    let end = outcome(&campaign, &["help", "yes", "40"]);
    assert_eq!((end.interest, end.answers.len()), (Interest::Hot, 1), "what is known by then counts");
}

#[test]
fn silence_is_broken_as_often_as_the_campaign_says() {
    let campaign = Campaign { nudges: 1, nudge_after_s: Some(3600), ..asking() };
    let quiet = Progress::default();
    assert_eq!(patience_s(&campaign, &quiet, 9000), 3600);
    let Turn::Ask { say, progress } = break_silence(&campaign, &quiet, false) else { panic!("should nudge") };
    assert!(say.contains("Acme") && say.contains("STOP"), "{say}");
    assert_eq!(patience_s(&campaign, &progress, 9000), 9000);
    let Turn::End { say: None, outcome } = break_silence(&campaign, &progress, false) else { panic!("should end") };
    assert_eq!(outcome, Outcome::certain(Interest::NoReply, "Did not reply."));

    let (_, progress, _) = hear_all(&campaign, &["yes"]);
    let Turn::Ask { say, .. } = break_silence(&campaign, &progress, true) else { panic!("should nudge") };
    assert!(say.contains("How many people work there?"), "{say}");

    assert!(matches!(break_silence(&asking(), &quiet, false), Turn::End { .. }), "nobody is nudged unless asked to");
}

#[test]
fn silence_after_a_yes_is_still_a_yes() {
    let (_, progress, _) = hear_all(&asking(), &["yes", "40"]);
    let Turn::End { say: None, outcome } = break_silence(&asking(), &progress, true) else { panic!("should end") };
    assert_eq!((outcome.interest, outcome.answers.len()), (Interest::Hot, 1));
    let (_, progress, _) = hear_all(&asking(), &["hm"]);
    let Turn::End { outcome, .. } = break_silence(&asking(), &progress, true) else { panic!("should end") };
    assert_eq!(outcome.summary, "Replied at first, then fell silent.");
}

#[test]
fn only_a_clear_yes_comes_late_enough_to_matter() {
    let silent = Outcome::certain(Interest::NoReply, "Did not reply.");
    let heard = |found: Option<&Outcome>, reply| hear_late(&campaign(), found, Some("Ada"), reply);
    let LateTurn::Correct { say, outcome } = heard(Some(&silent), "yes please, call me") else {
        panic!("should correct")
    };
    assert!(say.contains("Acme"));
    assert_eq!(outcome.interest, Interest::Hot);
    assert!(outcome.summary.starts_with("Replied late."), "{}", outcome.summary);
    for reply in ["maybe", "how much?", "no", "", "who is this?", "HELP", "START"] {
        assert_eq!(heard(Some(&silent), reply), LateTurn::Note, "{reply:?}");
    }
    for interest in [Interest::Hot, Interest::Warm, Interest::OptedOut, Interest::Unreachable] {
        assert_eq!(heard(Some(&Outcome::certain(interest, "")), "yes"), LateTurn::Note, "{interest}");
    }
    assert_eq!(heard(None, "yes"), LateTurn::Note, "a lead that was called off stays called off");
    assert_eq!(heard(None, "STOP"), LateTurn::Stop);
    assert_eq!(heard(Some(&silent), "im 14 lol"), LateTurn::Stop);
}

#[test]
fn progress_stored_by_earlier_versions_is_read() {
    for stored in ["{}", r#"{"clarifications":1}"#] {
        let read: Progress = serde_json::from_str(stored).unwrap();
        assert_eq!((read.turns, read.interest), (0, None));
    }
    let (_, progress, _) = hear_all(&asking(), &["yes", "40"]);
    let stored = serde_json::to_string(&progress).unwrap();
    assert_eq!(serde_json::from_str::<Progress>(&stored).unwrap(), progress);
}
