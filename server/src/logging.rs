//! Logs: one line an event to stderr, as JSON for machines or as text for people.

use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, fmt};

use crate::settings::{InvalidSettings, Log, LogFormat};

/// Once per process.
pub fn start(settings: &Log) -> Result<(), InvalidSettings> {
    let wanted = EnvFilter::try_new(&settings.filter)
        .map_err(|error| InvalidSettings::wrong("log.filter", format!("is not a filter of tracing ({error})")))?;
    // Below a warning, libraries may quote what they were handed, and we hand them secrets and personal data.
    let ours = filter_fn(|event| event.target().starts_with("alc") || *event.level() <= Level::WARN);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
        LogFormat::Text => lines.boxed(),
    };
    let started = Registry::default().with(lines.with_filter(wanted.and(ours))).try_init();
    started.map_err(|_| InvalidSettings::wrong("log.filter", "cannot be used twice in a process"))
}
