//! The service from start to stop: listen, run jobs, and on a signal finish what is under way.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::connectors::http::Outbound;
use crate::connectors::redis::Redis;
use crate::door::Door;
use crate::settings::Settings;
use crate::store::{Store, StoreError};
use crate::{http, jobs};

/// A service that accepts requests; dropped, it goes on, so call [`Running::stop`].
pub struct Running {
    pub app: App,
    pub address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
    runner: JoinHandle<()>,
}

/// Starts listening and running jobs; returns once both do.
pub async fn start(settings: Settings, store: Store, door: Door) -> anyhow::Result<Running> {
    let listen = settings.server.listen.clone();
    let listener = TcpListener::bind(&listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (server.listen or --listen)"))?;
    let address = listener.local_addr()?;
    let public_url = match settings.server.public_url.as_str() {
        "" => format!("http://{address}"),
        url => url.to_owned(),
    };
    if !settings.conduct.quiet_hours {
        tracing::info!("quiet hours are off (conduct.quiet_hours): people are texted at any time of the day");
    }
    let outbound = Outbound::new(settings.webhooks.allow_loopback, door.names())?;
    let redis = Redis::new(&settings.redis).context("redis.url (or --redis) cannot be used")?;
    let app = App::new(settings, store, door, outbound, redis, &public_url);
    let stop = CancellationToken::new();
    let server = http::listener::serve(app.clone(), listener, http::router(app.clone()), stop.clone());
    let server = tokio::spawn(server);
    let runner = tokio::spawn(jobs::run(app.clone(), stop.clone()));
    Ok(Running { app, address, stop, server, runner })
}

impl Running {
    /// Waits until no job is due or under way. Jobs that wait for a later time stay.
    pub async fn settle(&self) -> Result<(), StoreError> {
        loop {
            let ended = self.app.job_ended.notified();
            let now = self.app.now();
            // What comes round is no job before the runner has looked.
            self.app.store.bells().ring_all();
            self.app.store.bells().until_looked(now).await;
            if self.app.store.read(async move |tx| tx.busy_jobs(now).await).await? == 0 {
                return Ok(());
            }
            ended.await;
        }
    }

    /// Takes nothing new and waits for what is under way, as long as the settings say. Jobs cut off come back when their lease ends.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        let patience = Duration::from_secs(self.app.settings.server.shutdown_timeout_s);
        let ended = tokio::time::timeout(patience, async { tokio::join!(self.server, self.runner) }).await;
        let Ok((server, runner)) = ended else {
            tracing::warn!("stopped with work under way; it comes back when its lease ends");
            return Ok(());
        };
        server?;
        runner?;
        Ok(())
    }
}

/// `alc serve`: until SIGTERM or Ctrl-C. `announce` hears the address once requests are accepted.
pub async fn run(
    settings: Settings,
    store: Store,
    door: Door,
    announce: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    // Heard from the first moment: who reads that we listen may tell us to stop at once.
    let mut stop_signal = StopSignal::listen()?;
    let running = start(settings, store, door).await?;
    announce(running.address);
    stop_signal.received().await;
    tracing::info!("stopping");
    running.stop().await
}

/// SIGTERM or Ctrl-C.
struct StopSignal {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignal {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
