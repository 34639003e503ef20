//! The logs of this process, searched for what must not be in them. All stories share the process and its logs, and a log at its
//! loudest is long: only lines that hold something looked for are kept.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, fmt};

/// Looks for texts in everything that is logged from now on, at every level, by every crate.
pub struct LogSearch {
    texts: Vec<String>,
}

#[derive(Default)]
struct Board {
    wanted: Vec<String>,
    found: Vec<String>,
}

static BOARD: LazyLock<Mutex<Board>> = LazyLock::new(|| {
    // Pages are read by the browser of the stories, and by nothing in the service.
    let is_of_the_service = filter_fn(|event| !event.target().starts_with("html5ever"));
    let lines = fmt::layer().with_ansi(false).with_writer(|| Searched).with_filter(is_of_the_service);
    Registry::default().with(lines).init();
    Mutex::default()
});

impl LogSearch {
    pub fn start(texts: impl IntoIterator<Item = String>) -> Self {
        let texts: Vec<String> = texts.into_iter().collect();
        board().wanted.extend(texts.iter().cloned());
        Self { texts }
    }

    /// The lines that hold one of the texts.
    pub fn found(&self) -> Vec<String> {
        let holds_one = |line: &&String| self.texts.iter().any(|text| line.contains(text));
        board().found.iter().filter(holds_one).cloned().collect()
    }
}

struct Searched;

/// The formatter writes whole lines, one at a time.
impl Write for Searched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        let mut board = board();
        if board.wanted.iter().any(|text| line.contains(text)) {
            board.found.push(line.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn board() -> MutexGuard<'static, Board> {
    BOARD.lock().unwrap_or_else(PoisonError::into_inner)
}
