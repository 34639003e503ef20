//! What files are called.

use super::super::source::{Finding, SourceFile, finding};

const NAMELESS: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager", "misc"];

const EXPECTED: &[&str] = &["README.md", "LICENSE-MIT", "LICENSE-APACHE"];

pub(super) fn nameless(files: &[SourceFile]) -> Vec<Finding> {
    files.iter().filter(|file| is_nameless(&file.path)).map(|file| finding(file, 1, "its path says nothing")).collect()
}

fn is_nameless(path: &str) -> bool {
    let words = path.split(['/', '.', '-', '_']).map(str::to_lowercase);
    words.into_iter().any(|word| NAMELESS.contains(&word.as_str()))
}

pub(super) fn missing(files: &[SourceFile]) -> Vec<String> {
    let missing = EXPECTED.iter().filter(|name| files.iter().all(|file| file.path != **name));
    missing.map(|name| format!("{name} is missing")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_names_that_say_nothing_are_found() {
        for path in [
            "server/src/utils.rs",
            "app-ui/src/common/a.ts",
            "core/src/lead_helpers.rs",
            "a/JobManager/x",
            "a/job-manager.ts",
        ] {
            assert_eq!(is_nameless(path), path != "a/JobManager/x", "{path}");
        }
        assert!(!is_nameless("server/src/store/leads.rs"));
    }

    #[test]
    fn a_missing_readme_is_found() {
        let files = [SourceFile::planted("LICENSE-MIT", ""), SourceFile::planted("LICENSE-APACHE", "")];
        assert_eq!(missing(&files), ["README.md is missing"]);
    }
}
