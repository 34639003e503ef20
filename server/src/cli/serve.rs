//! `alc serve`

use alc_server::door::Door;
use alc_server::open::open_store;
use alc_server::serve;
use alc_server::settings::Settings;
use clap::Args;

use super::output::Output;

#[derive(Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) listen: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "A Redis that replicas share: redis://host:6379/ or rediss://user:password@host:6380/"
    )]
    pub(super) redis: Option<String>,
}

pub(super) async fn run(settings: Settings, door: Door, out: &Output) -> anyhow::Result<()> {
    let store = open_store(&settings, &door).await?;
    let announce = |address: std::net::SocketAddr| {
        let url = format!("http://{address}");
        // A service that nobody reads from is still a service.
        if let Err(error) = out.sentence(&format!("alc listening on {url}"), &[("listening", url.as_str().into())]) {
            tracing::warn!(%error, "cannot print the address");
        }
    };
    serve::run(settings, store, door, announce).await
}
