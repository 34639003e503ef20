//! Invariant 2: statements are written in the store and nowhere else.

use super::super::source::{Finding, SourceFile, finding};
use super::{STORE, service_but};

/// A keyword and one that must follow it somewhere, so that sentences which begin alike are not taken for statements.
const STATEMENTS: &[(&str, &[&str])] = &[
    ("SELECT", &["FROM", "1", "COUNT(*)"]),
    ("INSERT", &["INTO"]),
    ("UPDATE", &["SET"]),
    ("DELETE", &["FROM"]),
    ("CREATE", &["TABLE", "INDEX", "UNIQUE", "VIEW", "DATABASE", "SCHEMA", "TRIGGER"]),
    ("ALTER", &["TABLE", "INDEX", "DATABASE"]),
    ("DROP", &["TABLE", "INDEX", "DATABASE"]),
    ("TRUNCATE", &["TABLE"]),
    ("WITH", &["AS"]),
    ("PRAGMA", &[""]),
];

pub(super) fn outside_the_store(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in service_but(files, &[STORE]) {
        for word in file.words() {
            if let Some(text) = word.text().filter(|text| is_statement(text)) {
                findings.push(finding(file, word.line, format!("{:?}", shortened(text))));
            }
        }
    }
    findings
}

/// Whether a text is SQL: keywords in one case throughout, as people write statements and do not write sentences.
pub(super) fn is_statement(text: &str) -> bool {
    let mut words = text.split_whitespace().map(|word| word.trim_start_matches('('));
    let Some(first) = words.next() else { return false };
    let rest: Vec<&str> = words.collect();
    STATEMENTS.iter().any(|(keyword, followers)| {
        let lower = keyword.to_lowercase();
        let follows = |wanted: &str| wanted.is_empty() || rest.contains(&wanted);
        if first == *keyword {
            followers.iter().any(|follower| follows(follower))
        } else {
            first == lower && followers.iter().any(|follower| follows(&follower.to_lowercase()))
        }
    })
}

pub(super) fn shortened(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    line.join(" ").chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_statement_is_found() {
        let source = "fn f() {\n    tx.all(&format!(\"SELECT {COLUMNS} FROM leads WHERE id = $1\"));\n}";
        let findings = outside_the_store(&[SourceFile::planted("server/src/http/leads.rs", source)]);
        assert_eq!(
            findings[0].to_string(),
            "server/src/http/leads.rs:2: \"SELECT {COLUMNS} FROM leads WHERE id = $1\""
        );
        assert_eq!(outside_the_store(&[SourceFile::planted("server/src/store/leads.rs", source)]), []);
    }

    #[test]
    fn statements_are_told_from_sentences() {
        for statement in [
            "delete from leads",
            "\n  UPDATE leads SET a = 1",
            "WITH due AS (SELECT 1) SELECT 2",
            "CREATE UNIQUE INDEX a ON b (c)",
            "PRAGMA journal_mode = WAL",
        ] {
            assert!(is_statement(statement), "{statement}");
        }
        for sentence in [
            "Select a campaign from the list",
            "UPDATE",
            "Create a client",
            "with a phone number",
            "update the settings",
            "Delete the webhook from the list",
        ] {
            assert!(!is_statement(sentence), "{sentence}");
        }
    }
}
