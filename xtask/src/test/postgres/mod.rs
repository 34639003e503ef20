//! A real PostgreSQL for the length of the run: the system's programs or the npm package's, a cluster of our own in the
//! temporary folder, a free port; gone when the run ends, however it ends.

mod account;
mod programs;
mod server;

use anyhow::Result;

use super::report::Outcome;
use super::test_run::TestRun;

pub(super) use self::server::Server;

/// Where to find the server: the same name the tests read.
const URL: &str = "ALC_TEST_POSTGRES";

pub(super) fn start(run: &mut TestRun<'_>) -> Result<Outcome> {
    if let Ok(url) = std::env::var(URL) {
        println!("  {URL} names a server; it is used as it is");
        run.postgres = Some(url);
        return Ok(Outcome::passed(1));
    }
    let programs = match programs::find(run)? {
        Ok(programs) => programs,
        Err(missing) => return Ok(missing),
    };
    println!("  {programs}");
    let server = Server::start(&programs, &run.log("postgresql")?)?;
    run.postgres = Some(server.url.clone());
    run.server = Some(server);
    Ok(Outcome::passed(1))
}
