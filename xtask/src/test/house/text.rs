//! Files that people read: short enough for a head, and the same bytes on every machine.

use super::super::source::{Finding, SourceFile, finding};

const MOST_LINES: usize = 400;

const SOURCE: &[&str] = &["rs", "ts", "tsx", "mjs", "js", "py", "sql"];

/// Made by tools and read by them.
const GENERATED: &[&str] = &["generated/", ".d.ts"];

const BINARY: &[&str] = &["png", "ico", "woff2", "bin"];

pub(super) fn too_long(files: &[SourceFile]) -> Vec<Finding> {
    let written = files
        .iter()
        .filter(|file| SOURCE.contains(&file.extension()) && !GENERATED.iter().any(|mark| file.path.contains(mark)));
    let counted = written.map(|file| (file, file.text().unwrap_or_default().lines().count()));
    let long = counted.filter(|(_, lines)| *lines > MOST_LINES);
    long.map(|(file, lines)| finding(file, MOST_LINES + 1, format!("it has {lines}"))).collect()
}

pub(super) fn not_plain(files: &[SourceFile]) -> Vec<Finding> {
    let texts = files.iter().filter(|file| !BINARY.contains(&file.extension()));
    texts.filter_map(|file| fault(file).map(|(line, what)| finding(file, line, what))).collect()
}

fn fault(file: &SourceFile) -> Option<(usize, &'static str)> {
    let text = match std::str::from_utf8(&file.bytes) {
        Ok(text) => text,
        Err(error) => return Some((line_at(&file.bytes, error.valid_up_to()), "it is not UTF-8")),
    };
    let faults = [('\u{feff}', "a byte-order mark"), ('\0', "a NUL"), ('\r', "a carriage return")];
    faults.into_iter().find_map(|(mark, what)| Some((line_at(text.as_bytes(), text.find(mark)?), what)))
}

fn line_at(bytes: &[u8], place: usize) -> usize {
    bytes[..place].split(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_long_file_is_found() {
        let lines = |count| "x\n".repeat(count);
        let planted = |path: &str, count| too_long(&[SourceFile::planted(path, &lines(count))]).len();
        assert_eq!(planted("server/src/app.rs", 401), 1);
        assert_eq!(planted("server/src/app.rs", 400), 0);
        assert_eq!(planted("app-ui/src/core/generated/rules.ts", 401), 0);
        assert_eq!(planted("tests/world/people.json", 401), 0);
    }

    #[test]
    fn planted_bytes_that_are_no_text_are_found() {
        let planted = |bytes: &[u8]| not_plain(&[SourceFile { path: "a.rs".to_owned(), bytes: bytes.to_vec() }]);
        assert_eq!(planted(b"a\n\xff")[0].to_string(), "a.rs:2: it is not UTF-8");
        assert_eq!(planted(b"a\r\n")[0].what, "a carriage return");
        assert_eq!(planted("\u{feff}a".as_bytes())[0].what, "a byte-order mark");
        assert_eq!(planted("é → ok\n".as_bytes()), []);
    }
}
