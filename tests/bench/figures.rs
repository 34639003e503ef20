//! From single measurements to the table.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// The rows of the table, in its order: how each is called, for people and for programs, and how many decimals it deserves.
pub(crate) const ROWS: &[(&str, &str, usize)] = &[
    ("deliveries_per_s", "deliveries/s, accepted to recorded, at saturation", 0),
    ("accepted_per_s", "  of which only accepted: requests/s while they came", 0),
    ("saturated_p50_ms", "accept -> receipt at saturation, p50 ms", 1),
    ("saturated_p99_ms", "accept -> receipt at saturation, p99 ms", 1),
    ("alc_cpu_s", "CPU-seconds per 1,000: alc", 3),
    ("database_cpu_s", "CPU-seconds per 1,000: database server", 3),
    ("bench_cpu_s", "CPU-seconds per 1,000: driver and sink (not counted)", 3),
    ("most_rss_mib", "RSS at its highest, MiB", 0),
    ("rss_mib", "RSS after the load, MiB", 0),
    ("steady_p50_ms", "accept -> receipt at 200/s, p50 ms", 2),
    ("steady_p99_ms", "accept -> receipt at 200/s, p99 ms", 2),
    ("steady_whole_p99_ms", "request sent -> receipt at 200/s, p99 ms", 2),
    ("beside_hanging_p50_ms", "healthy beside a hanging endpoint, p50 ms", 2),
    ("beside_hanging_p99_ms", "healthy beside a hanging endpoint, p99 ms", 2),
    ("killed_acknowledged", "kill -9 under load: acknowledged", 0),
    ("killed_lost", "kill -9: lost", 0),
    ("killed_twice", "kill -9: delivered twice", 0),
    ("back_at_work_s", "kill -9: until the first delivery after it, s", 2),
    ("caught_up_s", "kill -9: until the last acknowledged was delivered, s", 2),
    ("callback_bytes", "bytes of a callback's body", 0),
];

/// Named figures of one round, or the medians of several.
pub(crate) type Figures = Map<String, Value>;

pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// The value below which `share` of them lie; they must be sorted.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let place = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(&values, 0.5)
}

/// The median of each figure over the rounds that have it. What is lost or doubled is not averaged away: the worst round counts.
pub(crate) fn medians(rounds: &[Figures]) -> Figures {
    let mut all = Figures::new();
    for (name, _, _) in ROWS {
        let values: Vec<f64> = rounds.iter().filter_map(|round| round.get(*name)?.as_f64()).collect();
        if !values.is_empty() {
            let worst = values.iter().copied().fold(f64::MIN, f64::max);
            let is_count = matches!(*name, "killed_lost" | "killed_twice");
            all.insert((*name).to_owned(), json!(if is_count { worst } else { median(values) }));
        }
    }
    all
}

/// A column for each database.
pub(crate) fn table(columns: &[(&str, Figures)]) -> String {
    let names: Vec<_> = columns.iter().map(|(name, _)| format!("{name:>12}")).collect();
    let mut lines = vec![format!("{:<58}{}", "", names.concat())];
    for (name, words, decimals) in ROWS {
        let values = columns.iter().map(|(_, figures)| match figures.get(*name).and_then(Value::as_f64) {
            Some(value) => format!("{value:>12.decimals$}"),
            None => format!("{:>12}", "-"),
        });
        lines.push(format!("{words:<58}{}", values.collect::<String>()));
    }
    lines.join("\n")
}
