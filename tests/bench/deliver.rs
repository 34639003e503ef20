//! `bench deliver`: what it takes to deliver callbacks. Each is asked for over HTTP, accepted durably, signed, posted to a local
//! sink and recorded durably with its attempt.
//!
//! The unit is `POST /api/v1/webhooks/{id}/test`: of all that causes a callback it is the one request that causes exactly one and
//! nothing else (a lead also starts a conversation), it goes through the same event, delivery, job and attempt as every other, and
//! it can carry a callback of one KiB. Latencies are counted from the moment the answer was here to the first receipt.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::runtime::Runtime;

use super::clock;
use super::driver::{Accepted, Drive, Pace, Target, drive};
use super::figures::{Figures, ms, percentile};
use super::service::{Service, server_cpu_s};
use super::sink::{Receipt, Sink};

const CONNECTIONS: usize = 64;
const WORKSPACES: usize = 8;
const WEBHOOKS_PER_WORKSPACE: usize = 8;
const STEADY_PER_S: u32 = 200;

/// Longer than any backlog here takes to be delivered.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long each part of a round lasts.
#[derive(Clone, Copy)]
pub(crate) struct Lengths {
    pub(crate) saturated: Duration,
    pub(crate) steady: Duration,
    pub(crate) killed: Duration,
}

/// One database to measure on.
pub(crate) struct Place {
    pub(crate) database: String,
    /// A backend of the server, where there is one: its work is counted.
    pub(crate) backend: Option<u32>,
    pub(crate) folder: PathBuf,
}

/// One round: a fresh service, saturated, then at a steady rate, then beside an endpoint that hangs.
pub(crate) fn round(runtime: &Runtime, alc: &Path, place: &Place, lengths: Lengths) -> Result<Figures> {
    let service = Service::start(alc, &place.database, &place.folder.join("alc.log"))?;
    let sink = Sink::start()?;
    let targets = runtime.block_on(workspaces(&service, &sink))?;
    let mut figures = saturated(runtime, &service, place, &sink, &targets, lengths.saturated)?;
    figures.extend(steady(&service, &sink, &targets, lengths.steady)?);
    figures.extend(beside_hanging(runtime, &service, &sink, lengths.steady)?);
    ensure!(sink.unbelieved() == 0, "{} callbacks were not signed as they should be", sink.unbelieved());
    Ok(figures)
}

async fn workspaces(service: &Service, sink: &Sink) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for number in 0..WORKSPACES {
        let urls: Vec<_> =
            (0..WEBHOOKS_PER_WORKSPACE).map(|webhook| format!("{}/{number}/{webhook}", sink.url)).collect();
        targets.extend(service.workspace(&format!("workspace {number}"), &urls, sink).await?);
    }
    Ok(targets)
}

fn saturated(
    runtime: &Runtime,
    service: &Service,
    place: &Place,
    sink: &Sink,
    targets: &[Target],
    length: Duration,
) -> Result<Figures> {
    let before = (service.usage(), place.backend.map_or(0.0, server_cpu_s), sink.cpu_s());
    let driven = drive(&service.address, targets, CONNECTIONS, Pace::AsFastAsAnswered, length)?;
    let asked_for = clock::now();
    ensure!(driven.refused == 0, "{} requests were refused; the service's log says why", driven.refused);
    until_received(sink, &driven.accepted);
    runtime.block_on(until_recorded(service, targets))?;
    let recorded = clock::now();
    let after = (service.usage(), place.backend.map_or(0.0, server_cpu_s), sink.cpu_s());

    let count = f64::from(u32::try_from(driven.accepted.len())?);
    let thousands = count / 1_000.0;
    let waits = waits(sink, &driven, |accepted| accepted.answered);
    Ok(figures([
        ("deliveries_per_s", count / (recorded - driven.started).as_secs_f64()),
        ("accepted_per_s", count / (asked_for - driven.started).as_secs_f64()),
        ("saturated_p50_ms", percentile(&waits, 0.5)),
        ("saturated_p99_ms", percentile(&waits, 0.99)),
        ("alc_cpu_s", (after.0.cpu_s - before.0.cpu_s) / thousands),
        ("database_cpu_s", (after.1 - before.1) / thousands),
        ("bench_cpu_s", (driven.cpu_s + after.2 - before.2) / thousands),
        ("most_rss_mib", after.0.most_rss_mib),
        ("rss_mib", after.0.rss_mib),
        ("callback_bytes", f64::from(u32::try_from(sink.callback_bytes())?)),
    ]))
}

fn steady(service: &Service, sink: &Sink, targets: &[Target], length: Duration) -> Result<Figures> {
    let driven = drive(&service.address, targets, CONNECTIONS, Pace::PerSecond(STEADY_PER_S), length)?;
    until_received(sink, &driven.accepted);
    let (accepted, whole) = (waits(sink, &driven, |one| one.answered), waits(sink, &driven, |one| one.asked));
    Ok(figures([
        ("steady_p50_ms", percentile(&accepted, 0.5)),
        ("steady_p99_ms", percentile(&accepted, 0.99)),
        ("steady_whole_p99_ms", percentile(&whole, 0.99)),
    ]))
}

/// Both webhooks are of one workspace, and the hanging one has more to do than it may do at once.
fn beside_hanging(runtime: &Runtime, service: &Service, sink: &Sink, length: Duration) -> Result<Figures> {
    let urls = [format!("{}/healthy", sink.url), format!("{}/hang", sink.url)];
    let targets = runtime.block_on(service.workspace("two faces", &urls, sink))?;
    let (healthy, hanging) = targets.split_at(1);
    drive(&service.address, hanging, 8, Pace::PerSecond(STEADY_PER_S), Duration::from_secs(1))?;
    let driven = drive(&service.address, healthy, CONNECTIONS, Pace::PerSecond(STEADY_PER_S), length)?;
    until_received(sink, &driven.accepted);
    let waits = waits(sink, &driven, |one| one.answered);
    Ok(figures([
        ("beside_hanging_p50_ms", percentile(&waits, 0.5)),
        ("beside_hanging_p99_ms", percentile(&waits, 0.99)),
    ]))
}

/// Killed in the middle of the load and started again at once.
pub(crate) fn killed(runtime: &Runtime, alc: &Path, place: &Place, lengths: Lengths) -> Result<Figures> {
    let mut service = Service::start(alc, &place.database, &place.folder.join("alc.log"))?;
    let sink = Sink::start()?;
    let targets = runtime.block_on(workspaces(&service, &sink))?;
    let (address, of_driver) = (service.address.clone(), targets.clone());
    let driving =
        std::thread::spawn(move || drive(&address, &of_driver, CONNECTIONS, Pace::AsFastAsAnswered, PATIENCE));
    wait(lengths.killed);
    service.kill()?;
    let killed_at = clock::now();
    let driven = driving.join().map_err(|_| anyhow::anyhow!("the driver panicked"))??;
    service.start_again()?;
    until_received(&sink, &driven.accepted);
    runtime.block_on(until_recorded(&service, &targets))?;

    let receipts = sink.receipts(driven.accepted.iter().map(|accepted| accepted.event.as_str()));
    let received: Vec<Receipt> = receipts.iter().flatten().copied().collect();
    let after = |receipt: &&Receipt| receipt.at > killed_at;
    let since_kill = |receipt: &Receipt| (receipt.at - killed_at).as_secs_f64();
    let back = received.iter().filter(after).map(since_kill).fold(f64::INFINITY, f64::min);
    let caught_up = received.iter().filter(after).map(since_kill).fold(0.0, f64::max);
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    Ok(figures([
        ("killed_acknowledged", count(receipts.len())),
        ("killed_lost", count(receipts.len() - received.len())),
        ("killed_twice", count(received.iter().filter(|receipt| receipt.times > 1).count())),
        ("back_at_work_s", back),
        ("caught_up_s", caught_up),
    ]))
}

/// Until everything accepted came, or nothing more comes for long.
fn until_received(sink: &Sink, accepted: &[Accepted]) {
    let end = clock::now() + PATIENCE;
    while sink.receipts(accepted.iter().map(|one| one.event.as_str())).iter().any(Option::is_none) {
        if clock::now() > end {
            return;
        }
        wait(Duration::from_millis(2 + accepted.len() as u64 / 2_000));
    }
}

async fn until_recorded(service: &Service, targets: &[Target]) -> Result<()> {
    let end = clock::now() + PATIENCE;
    while service.pending(targets).await? > 0 {
        ensure!(clock::now() < end, "deliveries stay pending");
    }
    Ok(())
}

/// Milliseconds from a moment of each accepted callback to its receipt, sorted. A receipt before the answer was no wait.
fn waits(sink: &Sink, driven: &Drive, from: impl Fn(&Accepted) -> Instant) -> Vec<f64> {
    let receipts = sink.receipts(driven.accepted.iter().map(|accepted| accepted.event.as_str()));
    let both = driven.accepted.iter().zip(receipts);
    let mut waits: Vec<f64> = both
        .filter_map(|(accepted, receipt)| Some(ms(receipt?.at.saturating_duration_since(from(accepted)))))
        .collect();
    waits.sort_by(f64::total_cmp);
    waits
}

fn figures<const N: usize>(named: [(&str, f64); N]) -> Figures {
    named.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

fn wait(length: Duration) {
    std::thread::park_timeout(length);
}
