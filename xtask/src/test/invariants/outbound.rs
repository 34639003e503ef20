//! Invariant 4: the way out is guarded, and there is one.

use super::super::source::{Finding, SourceFile, finding, paths};
use super::{CONNECTORS, service_but};

/// Crates that open connections. `clippy.toml` bans making a client of our own even where the crate may be used.
const CLIENTS: &[&str] =
    &["reqwest", "hyper", "hyper_util", "ureq", "isahc", "curl", "tungstenite", "tokio_tungstenite"];

const SOCKETS: &[&str] = &["TcpStream", "TcpSocket", "UdpSocket", "UnixStream"];

/// Files outside the connectors that may open connections, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[("server/src/http/listener.rs", "takes connections in, and opens none")];

pub(super) fn outside_connectors(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in service_but(files, &[CONNECTORS]) {
        if EXCEPTIONS.iter().any(|(path, _)| *path == file.path) {
            continue;
        }
        for path in paths(&file.words()) {
            let opens = CLIENTS.contains(&path.segments[0].as_str()) || SOCKETS.iter().any(|socket| path.names(socket));
            if opens {
                findings.push(finding(file, path.line, format!("`{path}`")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_client_is_found() {
        let found = |path: &str, source| outside_connectors(&[SourceFile::planted(path, source)]).len();
        assert_eq!(found("server/src/jobs/mod.rs", "fn f() { reqwest::get(url) }"), 1);
        assert_eq!(found("server/src/http/leads.rs", "use tokio::net::{TcpListener, TcpStream};"), 1);
        assert_eq!(found("server/src/serve.rs", "use tokio::net::TcpListener;"), 0);
        assert_eq!(found("server/src/connectors/twilio.rs", "use reqwest::Response;"), 0);
    }
}
