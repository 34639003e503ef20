//! That every story was told on both databases is itself a test: the names of the tests that ran are compared.

use std::collections::BTreeSet;

use super::libtest::{Test, Verdict};
use super::report::Outcome;

/// A set of tests that exist once per database, and how a test says which one it is.
struct Suite {
    binary: &'static str,
    sqlite: &'static str,
    postgresql: &'static str,
}

const SUITES: &[Suite] = &[
    Suite { binary: "stories", sqlite: "::on_sqlite", postgresql: "::on_postgresql" },
    Suite { binary: "alc_server", sqlite: "::sqlite::", postgresql: "::postgres::" },
];

pub(super) fn check(tests: &[Test]) -> Outcome {
    SUITES.iter().map(|suite| compare(suite, tests)).collect()
}

fn compare(suite: &Suite, tests: &[Test]) -> Outcome {
    let mut told = [BTreeSet::new(), BTreeSet::new()];
    for test in tests.iter().filter(|test| test.binary == suite.binary) {
        for (place, marker) in [suite.sqlite, suite.postgresql].into_iter().enumerate() {
            let Some(story) = story_of(&test.name, marker) else { continue };
            if let Verdict::Skipped(why) = &test.verdict {
                return Outcome::skipped(format!("{test} was not told, so there is nothing to compare: {why}"));
            }
            told[place].insert(story);
        }
    }
    let [sqlite, postgresql] = told;
    if sqlite.is_empty() {
        return Outcome::failed(format!(
            "{} has no test whose name holds `{}`: the stories are gone, or are named otherwise (see SUITES in {})",
            suite.binary,
            suite.sqlite,
            file!()
        ));
    }
    let findings: Vec<String> = sqlite
        .difference(&postgresql)
        .map(|story| format!("{story} was told on SQLite only"))
        .chain(postgresql.difference(&sqlite).map(|story| format!("{story} was told on PostgreSQL only")))
        .collect();
    Outcome::of_findings(
        &findings,
        &format!("every story of {} is told on both databases", suite.binary),
        "write stories with the macro that makes both tellings; what holds for one database only is tested elsewhere",
    )
}

/// The test's name without the word that tells the database.
fn story_of(name: &str, marker: &str) -> Option<String> {
    if marker.ends_with("::") {
        let (module, story) = name.rsplit_once(marker)?;
        return (!story.contains("::")).then(|| format!("{module}::{story}"));
    }
    name.strip_suffix(marker).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(names: &[(&str, Verdict)]) -> Outcome {
        let tests: Vec<_> = names
            .iter()
            .map(|(name, verdict)| Test {
                binary: "stories".to_owned(),
                name: (*name).to_owned(),
                verdict: verdict.clone(),
                output: String::new(),
            })
            .collect();
        compare(&SUITES[0], &tests)
    }

    #[test]
    fn the_same_stories_on_both_databases_pass() {
        let outcome = compared(&[("a::on_sqlite", Verdict::Passed), ("a::on_postgresql", Verdict::Failed)]);
        assert_eq!((outcome.passed, outcome.failures.len()), (1, 0), "they ran; that one failed is said elsewhere");
    }

    #[test]
    fn a_story_missing_on_one_database_fails() {
        let outcome = compared(&[("a::on_sqlite", Verdict::Passed)]);
        assert!(outcome.failures[0].contains("a was told on SQLite only"), "{outcome:?}");
        let outcome = compared(&[
            ("a::on_sqlite", Verdict::Passed),
            ("a::on_postgresql", Verdict::Passed),
            ("b::on_postgresql", Verdict::Passed),
        ]);
        assert!(outcome.failures[0].contains("b was told on PostgreSQL only"), "{outcome:?}");
    }

    #[test]
    fn no_story_at_all_fails_and_a_skipped_one_is_a_skip() {
        assert_eq!(compared(&[("unit", Verdict::Passed)]).failures.len(), 1);
        let skipped = Verdict::Skipped("install PostgreSQL".to_owned());
        assert_eq!(compared(&[("a::on_sqlite", Verdict::Passed), ("a::on_postgresql", skipped)]).skips.len(), 1);
    }

    #[test]
    fn a_module_may_name_the_database() {
        let story = story_of("store::tests::promises::postgres::reads_change_nothing", "::postgres::");
        assert_eq!(story.as_deref(), Some("store::tests::promises::reads_change_nothing"));
        assert_eq!(story_of("store::postgres::tests::notices", "::postgres::"), None);
    }
}
