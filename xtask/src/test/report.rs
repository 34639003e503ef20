//! What is counted, and what the person at the terminal reads: a line per step, what failed below it, one closing line.

use std::fmt;
use std::time::{Duration, Instant};

/// So much of a failure is shown; the step's log has the rest.
const MOST_LINES: usize = 80;

/// So many steps are said to have taken long.
const SLOWEST: usize = 5;

/// What came of one step.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) passed: usize,
    /// Each with all that is needed to understand it.
    pub(super) failures: Vec<String>,
    /// Each with its cure.
    pub(super) skips: Vec<String>,
}

impl Outcome {
    pub(super) fn passed(count: usize) -> Self {
        Self { passed: count, ..Self::default() }
    }

    pub(super) fn failed(why: String) -> Self {
        Self { failures: vec![why], ..Self::default() }
    }

    pub(super) fn skipped(cure: String) -> Self {
        Self { skips: vec![cure], ..Self::default() }
    }

    /// One check that passes if nothing was found.
    pub(super) fn of_findings(findings: &[impl fmt::Display], rule: &str, cure: &str) -> Self {
        if findings.is_empty() {
            return Self::passed(1);
        }
        let listed: Vec<String> = findings.iter().map(ToString::to_string).collect();
        Self::failed(format!("{rule}\n  {}\n  -> {cure}", listed.join("\n  ")))
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.passed += other.passed;
        self.failures.extend(other.failures);
        self.skips.extend(other.skips);
        self
    }
}

impl FromIterator<Self> for Outcome {
    fn from_iter<T: IntoIterator<Item = Self>>(parts: T) -> Self {
        parts.into_iter().fold(Self::default(), Self::and)
    }
}

pub(super) struct Report {
    steps: usize,
    begun: usize,
    started: Instant,
    step_started: Instant,
    total: Counts,
    took: Vec<(&'static str, Duration)>,
    /// The step, and the first line of what failed in it.
    failures: Vec<(&'static str, String)>,
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

impl Report {
    pub(super) fn new(steps: usize) -> Self {
        let (started, total) = (now(), Counts::default());
        Self { steps, begun: 0, started, step_started: started, total, took: Vec::new(), failures: Vec::new() }
    }

    pub(super) fn begin(&mut self, name: &str) {
        self.begun += 1;
        self.step_started = now();
        println!("[{}/{}] {name}", self.begun, self.steps);
    }

    /// `strict`: what was skipped is a part that is missing, and fails the run.
    pub(super) fn end(&mut self, name: &'static str, mut outcome: Outcome, strict: bool) {
        if strict {
            let missing =
                outcome.skips.drain(..).map(|skip| format!("skipped, which may not happen with CI=true: {skip}"));
            outcome.failures.extend(missing);
        }
        if outcome.passed + outcome.failures.len() + outcome.skips.len() == 0 {
            outcome = Outcome::failed("it ran no test at all, so it proves nothing".to_owned());
        }
        for skip in &outcome.skips {
            println!("  skipped: {}", indented(skip));
        }
        for failure in &outcome.failures {
            println!("  FAILED: {}", indented(failure));
        }
        let counts = Counts { passed: outcome.passed, failed: outcome.failures.len(), skipped: outcome.skips.len() };
        let took = self.step_started.elapsed();
        println!("  {name}: {counts} in {}", seconds(took));
        self.took.push((name, took));
        let first_lines = outcome.failures.iter().map(|failure| failure.lines().next().unwrap_or_default().to_owned());
        self.failures.extend(first_lines.map(|line| (name, line)));
        self.total.passed += counts.passed;
        self.total.failed += counts.failed;
        self.total.skipped += counts.skipped;
    }

    pub(super) fn has_failed(&self, step: &str) -> bool {
        self.failures.iter().any(|(failed, _)| *failed == step)
    }

    /// Prints the closing line. Whether all is well.
    pub(super) fn close(self) -> bool {
        println!("\nall steps: {}", seconds(self.started.elapsed()));
        println!("the slowest: {}", slowest(self.took));
        for (step, line) in &self.failures {
            println!("failed: {step}: {line}");
        }
        println!("{}", self.total);
        self.total.failed == 0
    }
}

fn slowest(mut took: Vec<(&str, Duration)>) -> String {
    took.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
    let named = took.iter().take(SLOWEST).map(|(step, took)| format!("{step} {}", seconds(*took)));
    named.collect::<Vec<_>>().join(", ")
}

fn indented(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let left_out = lines.len().saturating_sub(MOST_LINES);
    let shown = lines[..lines.len() - left_out].join("\n    ");
    if left_out > 0 { format!("{shown}\n    … and {left_out} lines more") } else { shown }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[expect(clippy::disallowed_methods, reason = "how long a step took is asked of the real clock; nothing decides by it")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report_of(outcome: Outcome, strict: bool) -> Report {
        let mut report = Report::new(1);
        report.begin("step");
        report.end("step", outcome, strict);
        report
    }

    #[test]
    fn counts_what_came_of_each_step() {
        let outcome =
            Outcome::passed(3).and(Outcome::failed("no".to_owned())).and(Outcome::skipped("install it".to_owned()));
        let report = report_of(outcome, false);
        assert_eq!(report.total.to_string(), "3 passed, 1 failed, 1 skipped");
        assert!(report.has_failed("step"));
        assert!(!report.close());
    }

    #[test]
    fn a_skip_fails_where_nothing_may_be_skipped() {
        let report = report_of(Outcome::skipped("install it".to_owned()), true);
        assert_eq!(report.total.to_string(), "0 passed, 1 failed, 0 skipped");
    }

    #[test]
    fn a_step_that_ran_nothing_fails() {
        assert!(!report_of(Outcome::default(), false).close());
    }

    #[test]
    fn the_slowest_steps_come_first() {
        let took =
            ["a", "b", "c", "d", "e", "f"].into_iter().zip([3, 60, 2, 4, 1, 5].map(Duration::from_secs)).collect();
        assert_eq!(slowest(took), "b 60.0 s, f 5.0 s, d 4.0 s, a 3.0 s, c 2.0 s");
    }

    #[test]
    fn findings_come_with_their_cure() {
        let none: [&str; 0] = [];
        assert_eq!(Outcome::of_findings(&none, "rule", "cure").passed, 1);
        let found = Outcome::of_findings(&["a.rs:1", "b.rs:2"], "rule", "cure");
        assert_eq!(found.failures, ["rule\n  a.rs:1\n  b.rs:2\n  -> cure"]);
    }
}
