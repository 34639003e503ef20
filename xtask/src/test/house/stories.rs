//! Tests that are switched off, or that wait for time to pass, tell nothing that can be relied on.

use super::super::source::{Finding, Kind, PathUse, SourceFile, finding, inside, paths, rust_under};

const STORIES: &str = "tests/stories/";

pub(super) fn unsteady(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in rust_under(files, "") {
        let words = file.words();
        for (at, pair) in words.windows(2).enumerate() {
            let attribute = pair[0].kind == Kind::Mark('#') && pair[1].kind == Kind::Open('[');
            let first = attribute.then(|| inside(&words, at + 1).first()).flatten();
            if first.is_some_and(|word| word.name() == Some("ignore")) {
                findings.push(finding(file, pair[0].line, "#[ignore]"));
            }
        }
        if file.path.starts_with(STORIES) {
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
        assert_eq!(found("tests/stories/world/clock.rs", "impl Clock for StoryClock { fn sleep_until(&self) {} }"), 0);
        assert_eq!(found("server/src/door.rs", "fn f() { tokio::time::sleep(x) }"), 0);
    }
}
