//! A real PostgreSQL for the length of the run: the system's programs or the npm package's, and a cluster of our own.

mod cluster;
mod programs;

use anyhow::Result;

use super::report::Outcome;
use super::test_run::TestRun;

/// Where to find the server: the same name the tests read.
pub(super) const URL: &str = "ALC_TEST_POSTGRES";

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
    let (server, url) = cluster::start(&programs, &run.log("postgresql")?)?;
    run.postgres = Some(url);
    run.servers.push(server);
    Ok(Outcome::passed(1))
}
