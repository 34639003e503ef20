//! How well the rules read what people write back, on labelled replies in eight languages.
//!
//! `vectors/replies.json` is what the phrases were tuned on. `vectors/replies_unseen.json` was written by somebody who had not seen the
//! phrases and is not looked at while they are tuned: it tells how well they do on replies nobody thought of. Read only its figures;
//! a reply that is looked at moves to the other file. `cargo test -p alc-core --test replies -- --nocapture` prints both tables.

#![expect(clippy::print_stdout, reason = "the tables are for whoever runs this with --nocapture")]

use std::collections::BTreeMap;

use serde::Deserialize;

use alc_core::consent::Consent;
use alc_core::outcome::Interest;
use alc_core::qualifier::{Reading, read};

const SEEN: &str = include_str!("../vectors/replies.json");
const UNSEEN: &str = include_str!("../vectors/replies_unseen.json");

#[derive(Deserialize)]
struct Reply {
    language: String,
    text: String,
    expect: String,
}

fn replies(file: &str) -> Vec<Reply> {
    serde_json::from_str(file).unwrap()
}

fn verdict(text: &str) -> &'static str {
    match Consent::read(text, Some("Ada")) {
        Some(Consent::Stop) => return "Opted out",
        Some(Consent::Help) => return "Help",
        Some(Consent::Start) | None => {}
    }
    match read(text, Some("Ada")) {
        Reading::Interest { interest: Interest::Hot, .. } => "Hot",
        Reading::Interest { interest: Interest::Warm, .. } => "Warm",
        Reading::Interest { interest: Interest::Cold, .. } => "Cold",
        Reading::Interest { .. } => "Not interested",
        Reading::WrongPerson => "Wrong person",
        Reading::Minor => "Minor",
        Reading::AsksWho => "Who",
        Reading::Unclear => "Unclear",
    }
}

/// The same reply with one slip of the thumb, five times.
fn slips(text: &str, seed: u64) -> Vec<String> {
    const KEYS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let mut state = seed;
    let mut roll = |n: usize| {
        // Numerical Recipes' linear congruential generator: the same slips every time.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % n
    };
    let letters: Vec<char> = text.chars().collect();
    let places: Vec<usize> = (0..letters.len()).filter(|at| letters[*at].is_alphabetic()).collect();
    if places.is_empty() {
        return Vec::new();
    }
    let slip = |kind: usize, at: usize, roll: &mut dyn FnMut(usize) -> usize| {
        let mut out = letters.clone();
        match kind {
            0 => drop(out.remove(at)),
            1 => out.insert(at, letters[at]),
            2 if at + 1 < out.len() => out.swap(at, at + 1),
            3 => {
                let key = letters[at].to_ascii_lowercase();
                let row = KEYS.iter().find(|row| row.contains(key)).copied().unwrap_or(KEYS[1]);
                let place = row.find(key).unwrap_or(0);
                out[at] = row.chars().nth(if place == 0 { 1 } else { place - 1 }).unwrap();
            }
            _ => out.insert(at, KEYS[roll(3)].chars().nth(roll(7)).unwrap()),
        }
        out.into_iter().collect::<String>()
    };
    (0..5)
        .map(|kind| {
            let at = places[roll(places.len())];
            slip(kind, at, &mut roll)
        })
        .collect()
}

#[derive(Default)]
struct Score {
    right: usize,
    all: usize,
}

impl Score {
    fn count(&mut self, is_right: bool) {
        self.right += usize::from(is_right);
        self.all += 1;
    }

    #[expect(clippy::cast_precision_loss, reason = "a few hundred replies")]
    fn percent(&self) -> f64 {
        100.0 * self.right as f64 / self.all as f64
    }
}

struct Scores {
    overall: Score,
    opt_outs: Score,
    with_slips: Score,
    /// What was taken for an opt-out and was none.
    false_stops: usize,
}

fn score(title: &str, replies: &[Reply], shows_misses: bool) -> Scores {
    let (mut per_class, mut per_language) = (BTreeMap::<&str, Score>::new(), BTreeMap::<&str, Score>::new());
    let mut scores =
        Scores { overall: Score::default(), opt_outs: Score::default(), with_slips: Score::default(), false_stops: 0 };
    for (seed, reply) in (1..).zip(replies) {
        let verdict = verdict(&reply.text);
        let is_right = verdict == reply.expect;
        scores.overall.count(is_right);
        per_class.entry(&reply.expect).or_default().count(is_right);
        per_language.entry(&reply.language).or_default().count(is_right);
        if shows_misses && !is_right {
            println!("  {} | {} | expected {}, read {verdict}", reply.language, reply.text, reply.expect);
        }
        if reply.expect == "Opted out" {
            scores.opt_outs.count(is_right);
            for slip in slips(&reply.text, seed) {
                let is_heard = Consent::read(&slip, Some("Ada")) == Some(Consent::Stop);
                scores.with_slips.count(is_heard);
                if shows_misses && !is_heard && is_right {
                    println!("  {} | {slip} | slip", reply.language);
                }
            }
        } else if verdict == "Opted out" {
            scores.false_stops += 1;
        }
    }
    println!(
        "{title}: {} replies, {:.1} % right, {} taken for an opt-out wrongly",
        replies.len(),
        scores.overall.percent(),
        scores.false_stops
    );
    println!("  opt-outs heard {:.1} %, with a slip {:.1} %", scores.opt_outs.percent(), scores.with_slips.percent());
    for (name, score) in per_class.iter().chain(&per_language) {
        println!("  {name:<15} {:>3} of {:>3}  {:>5.1} %", score.right, score.all, score.percent());
    }
    scores
}

#[test]
fn replies_the_phrases_were_tuned_on() {
    let scores = score("seen", &replies(SEEN), std::env::var_os("MISSES").is_some());
    assert!(scores.overall.percent() >= 95.0);
    assert!(scores.opt_outs.percent() >= 98.0 && scores.with_slips.percent() >= 93.0);
}

#[test]
fn replies_nobody_tuned_for() {
    let scores = score("unseen", &replies(UNSEEN), false);
    assert!(scores.overall.percent() >= 85.0);
    assert!(scores.opt_outs.percent() >= 94.0 && scores.with_slips.percent() >= 90.0);
}
