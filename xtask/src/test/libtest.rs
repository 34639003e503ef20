//! Reads what `cargo test -- --show-output` prints, test by test.

use std::fmt;

/// One Rust test and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    /// The test binary: `alc_core`, `stories`, …
    pub(super) binary: String,
    /// Its path: `button_to_record::a_yes_completes_the_record::on_sqlite`.
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) output: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    Failed,
    /// With the cure it printed.
    Skipped(String),
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.binary, self.name)
    }
}

/// What is worth seeing while the tests run.
pub(super) fn is_progress(line: &str) -> bool {
    binary_of(line).is_some() || line.starts_with("test result: ") || line.ends_with(" ... FAILED")
}

pub(super) fn parse(text: &str) -> Vec<Test> {
    let mut tests: Vec<Test> = Vec::new();
    let mut binary = String::new();
    let mut first_of_binary = 0;
    // The outputs stand after all verdicts of a binary; what a test printed may look like a verdict.
    let mut telling: Option<usize> = None;
    let mut in_outputs = false;
    for line in text.lines() {
        if let Some(named) = binary_of(line) {
            (binary, first_of_binary) = (named, tests.len());
            (telling, in_outputs) = (None, false);
        } else if line == "successes:" || line == "failures:" || line.starts_with("test result: ") {
            (telling, in_outputs) = (None, true);
        } else if let Some(name) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            in_outputs = true;
            telling = tests[first_of_binary..].iter().position(|test| test.name == name).map(|at| at + first_of_binary);
        } else if let Some(at) = telling {
            hear(&mut tests[at], line);
        } else if !in_outputs && let Some((name, verdict)) = verdict_of(line) {
            tests.push(Test { binary: binary.clone(), name: name.to_owned(), verdict, output: String::new() });
        }
    }
    tests
}

fn hear(test: &mut Test, line: &str) {
    let cure = line.strip_prefix("SKIPPED ").or_else(|| line.strip_prefix("skipped: "));
    if let (Some(cure), Verdict::Passed) = (cure, &test.verdict) {
        test.verdict = Verdict::Skipped(cure.to_owned());
    }
    test.output.push_str(line);
    test.output.push('\n');
}

/// Binaries that began and printed no closing line: they crashed.
pub(super) fn without_result(text: &str) -> Vec<String> {
    let mut crashed = Vec::new();
    let mut running: Option<String> = None;
    for line in text.lines() {
        if let Some(binary) = binary_of(line) {
            crashed.extend(running.replace(binary));
        } else if line.starts_with("test result: ") {
            running = None;
        }
    }
    crashed.extend(running);
    crashed
}

/// `     Running unittests src/lib.rs (target/debug/deps/alc_core-0a1b)`, `   Doc-tests alc_core`
fn binary_of(line: &str) -> Option<String> {
    if let Some(name) = line.strip_prefix("   Doc-tests ") {
        return Some(format!("{name} (documentation)"));
    }
    let rest = line.strip_prefix("     Running ")?;
    let path = rest.strip_suffix(')')?.rsplit_once('(')?.1;
    let file = path.rsplit(['/', '\\']).next()?;
    Some(file.rsplit_once('-')?.0.to_owned())
}

/// `test path::to::test ... ok`, `test path - should panic ... FAILED`, `test path ... ignored, reason`
fn verdict_of(line: &str) -> Option<(&str, Verdict)> {
    let (name, said) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let verdict = match said.split(',').next()? {
        "ok" => Verdict::Passed,
        "FAILED" => Verdict::Failed,
        "ignored" => Verdict::Skipped("it is marked #[ignore]; make it run or delete it".to_owned()),
        _ => return None,
    };
    Some((name.strip_suffix(" - should panic").unwrap_or(name), verdict))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "\
   Compiling alc-core v0.1.0
    Finished `test` profile [unoptimized] target(s) in 1.00s
     Running unittests src/lib.rs (target/debug/deps/alc_core-0a1b2c)

running 3 tests
test phone::reads ... ok
test phone::refuses - should panic ... ok
test slow ... ignored, takes a day

successes:

---- phone::reads stdout ----
test phone::made_up ... FAILED

successes:
    phone::reads
    phone::refuses

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running tests/main.rs (/tmp/target/debug/deps/stories-0d4e)

running 3 tests
test yes::on_sqlite ... ok
test yes::on_postgresql ... ok
test no::on_sqlite ... FAILED

successes:

---- yes::on_postgresql stdout ----
SKIPPED yes on PostgreSQL: set ALC_TEST_POSTGRES

failures:

---- no::on_sqlite stdout ----
thread panicked:
SKIPPED is what it said

failures:
    no::on_sqlite

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s

   Doc-tests alc_core

running 1 test
test core/src/lib.rs - phone (line 3) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
";

    #[test]
    fn reads_every_verdict() {
        let tests = parse(RUN);
        let told: Vec<_> = tests.iter().map(|test| (test.to_string(), test.verdict.clone())).collect();
        let skipped = |why: &str| Verdict::Skipped(why.to_owned());
        assert_eq!(
            told,
            [
                ("alc_core: phone::reads".to_owned(), Verdict::Passed),
                ("alc_core: phone::refuses".to_owned(), Verdict::Passed),
                ("alc_core: slow".to_owned(), skipped("it is marked #[ignore]; make it run or delete it")),
                ("stories: yes::on_sqlite".to_owned(), Verdict::Passed),
                ("stories: yes::on_postgresql".to_owned(), skipped("yes on PostgreSQL: set ALC_TEST_POSTGRES")),
                ("stories: no::on_sqlite".to_owned(), Verdict::Failed),
                ("alc_core (documentation): core/src/lib.rs - phone (line 3)".to_owned(), Verdict::Passed),
            ]
        );
        assert!(tests[5].output.contains("thread panicked"));
    }

    #[test]
    fn a_binary_without_a_closing_line_crashed() {
        assert_eq!(without_result(RUN), [""; 0]);
        let cut = &RUN[..RUN.find("failures:").unwrap()];
        assert_eq!(without_result(cut), ["stories"]);
    }
}
