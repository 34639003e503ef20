//! A real PostgreSQL for the length of the run: the system's programs or the npm package's, and a cluster of our own.

mod cluster;
mod programs;

use anyhow::Result;

use self::programs::Programs;
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
    start_cluster(run, &programs, cluster::Durability::Forgetful)?;
    Ok(Outcome::passed(1))
}

/// As it is run where data counts. Says what is missing when it cannot be had.
pub(super) fn start_durable(run: &mut TestRun<'_>) -> Result<Option<String>> {
    match programs::find(run)? {
        Ok(programs) => start_cluster(run, &programs, cluster::Durability::Durable).map(|()| None),
        Err(missing) => Ok(Some(format!("PostgreSQL is left out: {missing:?}"))),
    }
}

#[expect(clippy::print_stderr, reason = "what is asked for JSON prints nothing else")]
fn start_cluster(run: &mut TestRun<'_>, programs: &Programs, durability: cluster::Durability) -> Result<()> {
    // What a program prints that is asked for JSON must be JSON.
    eprintln!("  {programs}");
    let (server, url) = cluster::start(programs, &run.log("postgresql")?, durability)?;
    run.postgres = Some(url);
    run.servers.push(server);
    Ok(())
}
