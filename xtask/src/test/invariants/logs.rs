//! Invariant 7, as far as source shows it: log lines name no field that holds a secret or personal data, and print no whole value.

use super::super::source::{Finding, Kind, SourceFile, Word, finding, inside, macro_calls};
use super::service_but;

const LOGS: &[&str] = &[
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "span",
    "trace_span",
    "debug_span",
    "info_span",
    "warn_span",
    "error_span",
];
const PRINTS: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

/// Words that a field, a variable or a placeholder of a log line must not be called.
const PRIVATE: &[&str] = &[
    "authorization",
    "body",
    "code_verifier",
    "cookie",
    "email",
    "first_name",
    "from",
    "last_name",
    "name",
    "password",
    "phone",
    "phone_number",
    "reply",
    "secret",
    "summary",
    "text",
    "to",
    "token",
];

/// What these commands print is their answer, to the person who asked.
const ANSWERS: &str = "server/src/cli/";

pub(super) fn telling(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in service_but(files, &[]) {
        let words = file.words();
        for (name, inside) in macro_calls(&words, |name| LOGS.contains(&name) || PRINTS.contains(&name)) {
            let is_print = name.name().is_some_and(|name| PRINTS.contains(&name));
            if !(is_print && file.path.starts_with(ANSWERS)) {
                findings.extend(
                    private_words(inside).map(|word| finding(file, name.line, format!("a log line tells `{word}`"))),
                );
                findings.extend(
                    whole_values(inside)
                        .map(|word| finding(file, name.line, format!("a log line tells all of `{word}`"))),
                );
            }
        }
        findings.extend(instrumented(&words).map(|line| {
            finding(file, line, "`#[instrument]` logs every argument: say `skip_all` and name the fields")
        }));
    }
    findings
}

/// Names in the call that are fields or variables of their own (`name`, `%phone`), and placeholders of its texts (`{email}`).
fn private_words(call: &[Word]) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    for (at, word) in call.iter().enumerate() {
        if let Some(text) = word.text() {
            found.extend(placeholders(text).into_iter().filter(|name| is_private(name)));
        }
        if let Some(name) = word.name().filter(|name| is_private(name) && !tells_a_harmless_part(&call[at + 1..])) {
            found.push(name.to_owned());
        }
    }
    found.into_iter()
}

/// `token.id`, `body.len()`
fn tells_a_harmless_part(after: &[Word]) -> bool {
    matches!(after, [dot, part, ..] if dot.kind == Kind::Mark('.') && matches!(part.name(), Some("id" | "len")))
}

fn is_private(name: &str) -> bool {
    PRIVATE.contains(&name)
}

/// `?value` prints all that is in it. Errors are made to be printed.
fn whole_values(call: &[Word]) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    for (at, pair) in call.windows(2).enumerate() {
        let begins = at == 0 || matches!(call[at - 1].kind, Kind::Mark(',' | '='));
        if begins
            && pair[0].kind == Kind::Mark('?')
            && let Some(name) = pair[1].name().filter(|name| *name != "error")
        {
            found.push(name.to_owned());
        }
    }
    found.into_iter()
}

/// `{name}`, `{name:?}`, `{name.field}` of a format text.
fn placeholders(text: &str) -> Vec<String> {
    let plain = text.replace("{{", "").replace("}}", "");
    let mut opened = plain.split('{');
    opened.next();
    let names = opened.filter_map(|rest| rest.split_once('}')).map(|(inside, _)| inside);
    names.map(|inside| inside.split(':').next().unwrap_or_default().to_owned()).collect()
}

/// Lines of `#[instrument]` without `skip_all`.
fn instrumented(words: &[Word]) -> impl Iterator<Item = usize> {
    let attributes = words
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0].kind == Kind::Mark('#') && pair[1].kind == Kind::Open('['));
    attributes.filter_map(|(at, pair)| {
        let attribute = inside(words, at + 1);
        let path: Vec<_> = attribute.iter().take_while(|word| !matches!(word.kind, Kind::Open(_))).collect();
        let instruments = path.last().is_some_and(|word| word.name() == Some("instrument"));
        let skips = attribute.iter().any(|word| word.name() == Some("skip_all"));
        (instruments && !skips).then_some(pair[0].line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> usize {
        let file = SourceFile::planted("server/src/jobs/mod.rs", &format!("fn f() {{ {source} }}"));
        telling(&[file]).len()
    }

    #[test]
    fn planted_private_data_is_found() {
        assert_eq!(found("tracing::info!(%phone, \"texted\");"), 1);
        assert_eq!(found("tracing::info!(lead.name, \"texted\");"), 1);
        assert_eq!(found("tracing::warn!(to = %lead.phone, \"texted\");"), 2);
        assert_eq!(found("tracing::info!(\"texted {email}\");"), 1);
        assert_eq!(found("tracing::info!(number = %phone.as_str(), \"texted\");"), 1);
        assert_eq!(found("println!(\"{}\", token);"), 1);
        assert_eq!(found("debug!(?lead, \"read\");"), 1);
        assert_eq!(found("debug!(lead = ?stored, \"read\");"), 1);
    }

    #[test]
    fn ids_counts_and_errors_are_not() {
        assert_eq!(found("tracing::error!(%error, \"cannot claim jobs\");"), 0);
        assert_eq!(found("tracing::info_span!(\"job\", id = %claimed.id, kind = claimed.job.kind());"), 0);
        assert_eq!(
            found("tracing::info!(method = %request.method(), bytes = body.len(), \"the token was refused\");"),
            0
        );
        assert_eq!(found("let name = format!(\"{name}\");"), 0);
    }

    #[test]
    fn instrument_must_skip_the_arguments() {
        let of = |source| telling(&[SourceFile::planted("server/src/app.rs", source)]).len();
        assert_eq!(of("#[tracing::instrument]\nfn f(phone: &str) {}"), 1);
        assert_eq!(of("#[instrument(level = \"info\")]\nfn f(phone: &str) {}"), 1);
        assert_eq!(of("#[tracing::instrument(skip_all)]\nfn f(phone: &str) {}"), 0);
        assert_eq!(of("fn f() { tracing::Instrument::instrument(future, span) }"), 0);
    }

    #[test]
    fn a_command_prints_its_answer() {
        let source = "fn f() { println!(\"{token}\"); }";
        assert_eq!(telling(&[SourceFile::planted("server/src/cli/token.rs", source)]), []);
    }
}
