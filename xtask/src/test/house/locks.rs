//! Lock files: there, and good for any mirror of a registry.

use super::super::source::{Finding, SourceFile, finding};

const CRATES_IO: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

pub(super) fn missing(files: &[SourceFile]) -> Vec<String> {
    let is_there = |path: &str| files.iter().any(|file| file.path == path);
    let mut findings = Vec::new();
    if !is_there("Cargo.lock") {
        findings.push("Cargo.lock is missing".to_owned());
    }
    for file in files.iter().filter(|file| file.path.rsplit('/').next() == Some("package.json")) {
        let manifest: serde_json::Value = serde_json::from_slice(&file.bytes).unwrap_or_default();
        let installs = ["dependencies", "devDependencies"]
            .iter()
            .any(|kind| manifest[*kind].as_object().is_some_and(|dependencies| !dependencies.is_empty()));
        let lock = file.path.replace("package.json", "package-lock.json");
        if installs && !is_there(&lock) && !is_example(&file.path) {
            findings.push(format!("{lock} is missing"));
        }
    }
    findings
}

/// Apps that are built with the packages of the app beside them.
fn is_example(path: &str) -> bool {
    path.contains("/fixtures/")
}

pub(super) fn naming_hosts(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let names_host: fn(&str) -> bool = match file.path.rsplit('/').next() {
            Some("Cargo.lock") => |line| line.starts_with("source = ") && line != CRATES_IO,
            Some("package-lock.json") => |line| line.trim_start().starts_with("\"resolved\": \"http"),
            _ => continue,
        };
        let lines = file.text().unwrap_or_default().lines().enumerate();
        let found = lines.filter(|(_, line)| names_host(line));
        findings.extend(found.map(|(number, line)| finding(file, number + 1, line.trim())));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_hosts_are_found() {
        let found = |path: &str, text: &str| naming_hosts(&[SourceFile::planted(path, text)]).len();
        assert_eq!(found("Cargo.lock", &format!("{CRATES_IO}\nsource = \"git+https://example.com/a\"\n")), 1);
        assert_eq!(found("Cargo.lock", "source = \"registry+https://mirror.example.com/index\"\n"), 1);
        assert_eq!(found("app-ui/package-lock.json", "  \"resolved\": \"https://mirror.example.com/a.tgz\",\n"), 1);
        assert_eq!(found("app-ui/package-lock.json", "  \"resolved\": \"tools/keytar-stub\",\n"), 0);
        assert_eq!(found("Cargo.lock", &format!("{CRATES_IO}\n")), 0);
    }

    #[test]
    fn a_missing_lock_file_is_found() {
        let cargo = SourceFile::planted("Cargo.lock", "");
        let app = SourceFile::planted("app-ui/package.json", r#"{"dependencies": {"react": "19"}}"#);
        let bare = SourceFile::planted("app-ui/tools/package.json", r#"{"name": "x"}"#);
        assert_eq!(missing(&[cargo.clone(), app, bare]), ["app-ui/package-lock.json is missing"]);
        assert_eq!(missing(&[]), ["Cargo.lock is missing"]);
    }
}
