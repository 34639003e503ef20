//! Invariant 6: no tenant ever meets another's rows. Tables are read off the migrations, queries off the store's texts.

use std::collections::BTreeSet;

use super::super::source::{Finding, SourceFile, finding, rust_under};
use super::STORE;
use super::sql::{is_statement, shortened};

const MIGRATIONS: &str = "server/migrations/";

/// The operator's own tables: what they hold belongs to no workspace, or to all.
const OPERATORS: &[&str] = &[
    "workspaces",
    "users",
    "oauth_clients",
    "login_failures",
    "opt_outs",
    "phone_days",
    "stray_messages",
    "inboxes",
    "schedules",
    "refinery_schema_history",
];

/// Functions of the store that look across workspaces: their file, their name, the reason.
const ACROSS: &[(&str, &str, &str)] = &[
    ("called_off.rs", "revoke_grants_of", "what a client or user was granted goes with it, in whichever workspace"),
    ("claims.rs", "due_by_system", "the queue belongs to the operator"),
    ("claims.rs", "lease", "the queue belongs to the operator; each job then acts for its own workspace"),
    ("claims.rs", "move_blocked", "the queue belongs to the operator"),
    ("claims.rs", "oldest_due", "the queue belongs to the operator"),
    ("codes.rs", "hold_code", "the code is all that a client shows, and says whose it is"),
    ("connections.rs", "called_connection", "a callback names only the connection; its signature shows whether it may"),
    ("connections.rs", "connections", "the operator lists the connections of all workspaces"),
    ("connections.rs", "remove_connection", "the operator removes any, and the row says whose it was"),
    ("conversations.rs", "live_conversation", "an inbound SMS is matched by its two numbers"),
    ("conversations.rs", "live_conversations_with", "STOP holds for the phone over all workspaces"),
    ("conversations.rs", "newest_conversation", "a late SMS is matched by its two numbers"),
    ("deliveries.rs", "due_deliveries", "what was claimed of all workspaces is read at once"),
    ("endings.rs", "end_jobs", "jobs of many workspaces end together; each row brings its own"),
    ("erasure.rs", "leads_of_phone", "a phone is erased over all workspaces"),
    ("erasure.rs", "traces_of", "a phone is erased over all workspaces"),
    ("expiry.rs", "spent_grants", "what has expired goes, whosever it was"),
    ("grants.rs", "workspace_of_grant", "asks whose the grant is"),
    ("jobs.rs", "busy_jobs", "the queue belongs to the operator"),
    ("jobs.rs", "next_job_at", "the queue belongs to the operator"),
    ("messages.rs", "is_known_message", "the gateway's own id, seen before in any workspace"),
    ("messages.rs", "reported_message", "the gateway reports by our message's id and knows no workspace"),
    ("overseen.rs", "overseen_webhook", "the operator names it by its id, and the row says whose it is"),
    ("retention.rs", "pass_over_attempts", "what nobody needs goes, whosever it was"),
    ("retention.rs", "pass_over_audit", "what nobody needs goes, whosever it was"),
    ("retention.rs", "pass_over_deliveries", "what nobody needs goes, whosever it was"),
    ("retention.rs", "pass_over_events", "what nobody needs goes, whosever it was"),
    ("sessions.rs", "delete_session", "the token is all that a browser shows"),
    ("sessions.rs", "session", "the token is all that a browser shows, and says whose it is"),
    ("tokens.rs", "accesses", "the token is all that a caller shows, and says whose it is"),
    ("tokens.rs", "token", "the token is all that a client shows, and says whose it is"),
    ("waiting_leads.rs", "waiting_leads", "the leads of all workspaces wait in one line for a pair of numbers"),
];

pub(super) fn tables_without_workspace(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in migrations(files) {
        for table in tables(file.text().unwrap_or_default()) {
            if !table.has_workspace && !OPERATORS.contains(&table.name.as_str()) {
                findings.push(finding(file, table.line, format!("table `{}`", table.name)));
            }
        }
    }
    findings
}

pub(super) fn queries_without_workspace(files: &[SourceFile]) -> Vec<Finding> {
    let all: BTreeSet<String> =
        migrations(files).flat_map(|file| tables(file.text().unwrap_or_default())).map(|table| table.name).collect();
    let tenants: BTreeSet<&str> = all.iter().map(String::as_str).filter(|name| !OPERATORS.contains(name)).collect();
    let mut used = BTreeSet::new();
    let mut findings = Vec::new();
    for file in rust_under(files, STORE) {
        for word in file.words().into_iter().filter(|word| !word.in_tests) {
            let Some(text) = word.text().filter(|text| is_statement(text)) else { continue };
            let Some(table) = named_tables(text).into_iter().find(|name| tenants.contains(name)) else { continue };
            if names_workspace(text) {
                continue;
            }
            let listed = ACROSS
                .iter()
                .find(|(path, function, _)| file.path.strip_prefix(STORE) == Some(path) && *function == word.item);
            if let Some((path, function, _)) = listed {
                used.insert((*path, *function));
            } else {
                findings.push(finding(file, word.line, format!("`{}` on `{table}`: {:?}", word.item, shortened(text))));
            }
        }
    }
    let unused = ACROSS.iter().filter(|(path, function, _)| !used.contains(&(*path, *function)));
    findings.extend(unused.map(|(path, function, _)| Finding {
        path: format!("{STORE}{path}"),
        line: 1,
        what: format!("ACROSS lists `{function}`, which is gone or names its workspace now: delete the line"),
    }));
    findings
}

fn migrations(files: &[SourceFile]) -> impl Iterator<Item = &SourceFile> {
    files.iter().filter(|file| file.path.starts_with(MIGRATIONS) && file.extension() == "sql")
}

struct Table {
    name: String,
    line: usize,
    has_workspace: bool,
}

/// `CREATE TABLE name (` and its columns, a line each, up to `);`.
fn tables(migration: &str) -> Vec<Table> {
    let mut found: Vec<Table> = Vec::new();
    let mut open = false;
    for (number, line) in migration.lines().enumerate() {
        let line = line.split("--").next().unwrap_or_default().trim();
        let rest = line.strip_prefix("CREATE TABLE ");
        if let Some(rest) = rest {
            let name = rest.trim_start_matches("IF NOT EXISTS ").split([' ', '(']).next().unwrap_or_default();
            found.push(Table { name: name.to_owned(), line: number + 1, has_workspace: false });
            open = true;
        }
        if open && let Some(table) = found.last_mut() {
            let columns = rest.and_then(|rest| rest.split_once('(')).map_or(line, |(_, columns)| columns);
            let first_words = columns.split(',').map(|column| column.split_whitespace().next().unwrap_or_default());
            table.has_workspace |= first_words.into_iter().any(|word| word == "workspace");
        }
        open &= !line.ends_with(");");
    }
    found
}

fn named_tables(statement: &str) -> Vec<&str> {
    let words: Vec<&str> = statement
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
        .collect();
    let follows = |keyword: &str| ["FROM", "INTO", "UPDATE", "JOIN"].iter().any(|k| k.eq_ignore_ascii_case(keyword));
    words.windows(2).filter(|pair| follows(pair[0])).map(|pair| pair[1]).collect()
}

/// A row is inserted with its workspace; any other statement compares it with one that the caller brought, as a value
/// (`workspace = $1`) or with each of many rows (`workspace = brought.workspace`).
/// Comparing it with another row's, or with NULL, lets every tenant through.
fn names_workspace(statement: &str) -> bool {
    let compact = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    if compact.to_uppercase().starts_with("INSERT") {
        return compact.contains("workspace");
    }
    let words: Vec<&str> = compact.split(' ').map(|word| word.trim_matches(['(', ')', ','])).collect();
    let is_column = |word: &str| word == "workspace" || word.ends_with(".workspace");
    words.windows(3).any(|window| match window {
        [left, "=", right] => {
            let is_brought = |word: &str| word.starts_with('$') || word == "brought.workspace";
            (is_column(left) && is_brought(right)) || (is_brought(left) && is_column(right))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "CREATE TABLE leads (\n    id TEXT,\n    workspace TEXT NOT NULL -- whose\n);\n\
                          CREATE TABLE users (id TEXT);\nCREATE TABLE tags (\n    id TEXT, -- workspace\n);\n";

    fn schema() -> SourceFile {
        SourceFile::planted("server/migrations/V1__initial.sql", SCHEMA)
    }

    fn found(source: &str) -> usize {
        queries_without_workspace(&[schema(), SourceFile::planted("server/src/store/leads.rs", source)]).len()
    }

    #[test]
    fn a_planted_table_is_found() {
        let findings = tables_without_workspace(&[schema()]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!((findings[0].line, findings[0].what.as_str()), (6, "table `tags`"));
    }

    #[test]
    fn planted_queries_across_workspaces_are_found() {
        let before = found("");
        let planted = |source| found(source) - before;
        assert_eq!(planted("fn f() { \"SELECT id FROM leads WHERE id = $1\"; }"), 1);
        assert_eq!(planted("fn f() { \"SELECT id, workspace FROM leads WHERE id = $1\"; }"), 1);
        assert_eq!(planted("fn f() { format!(\"UPDATE leads SET stage = $2 WHERE id = $1 {x}\"); }"), 1);
        assert_eq!(planted("fn f() { \"DELETE FROM leads WHERE workspace IS NOT NULL\"; }"), 1);
        assert_eq!(planted("fn f() { \"SELECT u.id FROM users u JOIN leads l ON l.workspace = u.workspace\"; }"), 1);
        assert_eq!(planted("fn f() { \"INSERT INTO leads (id) VALUES ($1)\"; }"), 1);
    }

    #[test]
    fn queries_that_name_their_workspace_are_not() {
        let before = found("");
        let planted = |source| found(source) - before;
        assert_eq!(planted("fn f() { \"SELECT id FROM leads WHERE workspace = $1 AND id = $2\"; }"), 0);
        assert_eq!(planted("fn f() { \"SELECT l.id FROM leads l WHERE ($1 = '' OR l.workspace = $1)\"; }"), 0);
        assert_eq!(
            planted("fn f() { \"SELECT l.id FROM {brought} JOIN leads l ON l.workspace = brought.workspace\"; }"),
            0
        );
        assert_eq!(planted("#[cfg(test)] fn f() { \"SELECT id FROM leads\"; }"), 0);
        assert_eq!(planted("fn f() { \"INSERT INTO leads (id, workspace) VALUES ($1, $2)\"; }"), 0);
        assert_eq!(planted("fn f() { \"SELECT id FROM users WHERE id = $1\"; }"), 0);
    }
}
