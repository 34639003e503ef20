//! `alc migrate`: what `alc serve` does at its start, for those who want it done before.

use alc_server::door::Door;
use alc_server::open::open_and_migrate;
use alc_server::settings::Settings;

use super::output::Output;

pub(super) async fn run(settings: &Settings, door: &Door, out: &Output) -> anyhow::Result<()> {
    let (_, applied) = open_and_migrate(settings, door).await?;
    let sentence = match applied.as_slice() {
        [] => "The database is up to date.".to_owned(),
        applied => format!("Applied: {}.", applied.join(", ")),
    };
    Ok(out.sentence(&sentence, &[("applied", applied.into())])?)
}
