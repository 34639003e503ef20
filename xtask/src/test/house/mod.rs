//! The rules that keep the house readable and its clones the same: lengths, names, stories, lock files, text.

mod locks;
mod names;
mod stories;
mod text;

use anyhow::Result;

use super::report::Outcome;
use super::source;
use super::test_run::TestRun;

pub(super) fn check(run: &mut TestRun<'_>) -> Result<Outcome> {
    let root = &run.workspace.root;
    let files = source::files(root)?;
    Ok([
        Outcome::of_findings(
            &text::too_long(&files),
            "a source file has at most 400 lines",
            "look for the second noun in it and give that a file of its own",
        ),
        Outcome::of_findings(
            &names::nameless(&files),
            "a file or folder is named after what it holds",
            "`utils`, `common`, `helpers` and `manager` hold what nobody named yet: name it",
        ),
        Outcome::of_findings(
            &stories::unsteady(&files),
            "a test runs, and waits for what it waits for",
            "delete #[ignore] or the test; in place of a sleep move the story's clock, or wait for the event itself \
             (`world.settle()`, a channel, the emulator's `_idle`; in a browser `waitFor` on what the person sees, or the \
             answer itself)",
        ),
        Outcome::of_findings(
            &locks::missing(&files),
            "what is installed is locked",
            "commit the lock file that cargo or npm writes",
        ),
        Outcome::of_findings(
            &locks::naming_hosts(&files),
            "lock files work with any registry mirror",
            "Cargo.lock names crates.io's index only; for npm set `omit-lockfile-registry-resolved=true` in the .npmrc \
             beside it and install again",
        ),
        Outcome::of_findings(
            &text::not_plain(&files),
            "files are UTF-8 text with Unix line ends, or of a known binary kind",
            "save it as UTF-8 without a byte-order mark; generate what is binary, or add its kind to BINARY in house/text.rs",
        ),
        Outcome::of_findings(
            &source::tracked_but_ignored(root)?,
            "what a tool makes is not tracked",
            "run `git rm --cached` on it: .gitignore says that it is made again",
        ),
        Outcome::of_findings(
            &names::missing(&files),
            "a newcomer finds what every repository has",
            "write it, at the root",
        ),
    ]
    .into_iter()
    .collect())
}
