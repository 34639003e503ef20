//! Invariant 3: one place decides what we answer. Connectors read the codes they receive, and build no answers.

use super::super::source::{Finding, PathUse, SourceFile, finding, paths};
use super::{CONNECTORS, HTTP, service_but};

/// Hands the finished router to the listener.
const SERVE: &str = "server/src/serve.rs";

pub(super) fn outside_http(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in service_but(files, &[HTTP]) {
        for path in paths(&file.words()) {
            let decides = path.names("StatusCode") && !file.path.starts_with(CONNECTORS);
            if decides || (builds_answers(&path) && file.path != SERVE) {
                findings.push(finding(file, path.line, format!("`{path}`")));
            }
        }
    }
    findings
}

fn builds_answers(path: &PathUse) -> bool {
    path.starts_with(&["axum"]) || path.starts_with(&["tower_http"]) || path.names("IntoResponse")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, source: &str) -> usize {
        outside_http(&[SourceFile::planted(path, source)]).len()
    }

    #[test]
    fn a_planted_status_code_is_found() {
        assert_eq!(found("server/src/jobs/mod.rs", "use http::{Method, StatusCode};"), 1);
        assert_eq!(found("server/src/moves.rs", "fn f() { http::StatusCode::NOT_FOUND; }"), 1);
        assert_eq!(found("server/src/http/leads.rs", "use axum::http::StatusCode;"), 0);
    }

    #[test]
    fn connectors_read_codes_and_build_no_answers() {
        assert_eq!(found("server/src/connectors/twilio.rs", "fn f() -> StatusCode { x }"), 0);
        assert_eq!(found("server/src/connectors/twilio.rs", "use axum::response::Response;"), 1);
        assert_eq!(found("server/src/connectors/twilio.rs", "impl IntoResponse for Sent {}"), 1);
    }

    #[test]
    fn only_serve_hands_over_the_router() {
        assert_eq!(found("server/src/serve.rs", "fn f() { axum::serve(listener, router) }"), 0);
        assert_eq!(found("server/src/app.rs", "use axum::extract::FromRef;"), 1);
    }
}
