//! Tests that are switched off, or that wait for time to pass, tell nothing that can be relied on.

use super::super::source::{Finding, Kind, PathUse, SourceFile, finding, inside, paths, rust_under};

const STORIES: &str = "tests/";

/// Programs for a person, not tests: they look again and again at what other processes do, or keep a steady pace.
const PROGRAMS: [&str; 2] = ["tests/demo/", "tests/bench/"];

/// How JavaScript and Python wait for time to pass.
const WAITS: &[&str] = &[
    "waitForTimeout(",
    "setTimeout(",
    "setInterval(",
    "timers/promises",
    "Atomics.wait(",
    "time.sleep(",
    "asyncio.sleep(",
];

pub(super) fn unsteady(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = scripts_that_wait(files);
    for file in rust_under(files, "") {
        let words = file.words();
        for (at, pair) in words.windows(2).enumerate() {
            let attribute = pair[0].kind == Kind::Mark('#') && pair[1].kind == Kind::Open('[');
            let first = attribute.then(|| inside(&words, at + 1).first()).flatten();
            if first.is_some_and(|word| word.name() == Some("ignore")) {
                findings.push(finding(file, pair[0].line, "#[ignore]"));
            }
        }
        if file.path.starts_with(STORIES) && !PROGRAMS.iter().any(|folder| file.path.starts_with(folder)) {
            let sleeps = paths(&words).into_iter().filter(waits_for_time);
            findings.extend(sleeps.map(|path| finding(file, path.line, format!("`{path}`"))));
        }
    }
    findings
}

/// `tokio::time::sleep`, `thread::sleep`; a clock of the story's own may have such a method.
fn waits_for_time(path: &PathUse) -> bool {
    path.segments.windows(2).any(|pair| {
        matches!(pair[0].as_str(), "time" | "thread")
            && matches!(pair[1].as_str(), "sleep" | "sleep_until" | "interval" | "*")
    })
}

fn scripts_that_wait(files: &[SourceFile]) -> Vec<Finding> {
    let is_script = |file: &&SourceFile| {
        file.path.starts_with(STORIES) && matches!(file.extension(), "mjs" | "js" | "ts" | "tsx" | "py")
    };
    let mut findings = Vec::new();
    for file in files.iter().filter(is_script) {
        for (number, line) in file.text().unwrap_or_default().lines().enumerate() {
            let waits = WAITS.iter().filter(|wait| begins_a_word(line, wait));
            findings.extend(waits.map(|wait| finding(file, number + 1, format!("`{}`", wait.trim_end_matches('(')))));
        }
    }
    findings
}

/// `setDefaultTimeout(` bounds a wait for something, and so does a name of one's own.
fn begins_a_word(line: &str, wanted: &str) -> bool {
    let joins = |before: char| before.is_alphanumeric() || matches!(before, '_' | '$');
    line.match_indices(wanted).any(|(at, _)| !line[..at].ends_with(joins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_switched_off_tests_are_found() {
        let found = |source| unsteady(&[SourceFile::planted("core/src/lead.rs", source)]).len();
        assert_eq!(found("#[test]\n#[ignore]\nfn f() {}"), 1);
        assert_eq!(found("#[test]\n#[ignore = \"slow\"]\nfn f() {}"), 1);
        assert_eq!(found("#[test]\nfn ignore() { // #[ignore]\n}"), 0);
    }

    #[test]
    fn planted_sleeps_are_found_in_stories() {
        let found = |path: &str, source| unsteady(&[SourceFile::planted(path, source)]).len();
        assert_eq!(found("tests/stories/a.rs", "fn f() { tokio::time::sleep(x).await; }"), 1);
        assert_eq!(found("tests/stories/a.rs", "use std::thread::sleep;"), 1);
        assert_eq!(found("tests/stories/a.rs", "stories! { async fn f(w: World) { thread::sleep(x) } }"), 1);
        assert_eq!(found("tests/world/sms/phone.rs", "use tokio::time::{Duration, sleep};"), 1);
        assert_eq!(found("tests/demo/people.rs", "fn f() { tokio::time::sleep(x) }"), 0);
        assert_eq!(found("tests/stories/world/clock.rs", "impl Clock for StoryClock { fn sleep_until(&self) {} }"), 0);
        assert_eq!(found("server/src/door.rs", "fn f() { tokio::time::sleep(x) }"), 0);
    }

    #[test]
    fn planted_waits_in_scripts_are_found() {
        let found = |path: &str, source| unsteady(&[SourceFile::planted(path, source)]).len();
        assert_eq!(found("tests/browser/a.mjs", "await page.waitForTimeout(500)"), 1);
        assert_eq!(found("tests/browser/a.mjs", "await new Promise((done) => setTimeout(done, 500))"), 1);
        assert_eq!(found("tests/browser/a.mjs", "import {setTimeout as wait} from \"node:timers/promises\""), 1);
        assert_eq!(found("tests/world/attio/check.py", "import time\ntime.sleep(1)"), 1);
        assert_eq!(
            found("tests/browser/a.mjs", "context.setDefaultTimeout(20_000); resetTimeout(); clearTimeout(x)"),
            0
        );
        assert_eq!(found("app-ui/host/page/toasts.ts", "setTimeout(hide, 500)"), 0);
    }
}
