//! The time zones of phone numbers in `core/plans/zones.bin`, made anew.
//!
//! Google's libphonenumber (Apache-2.0) → PyPI `phonenumbers` (Apache-2.0; the version and the bytes pinned in
//! `core/plans/requirements.txt`) → its map of prefixes → the table that `core/src/phone/zones.rs` describes and reads. The same
//! version gives the same bytes; a test of the core notices when they are not those of the pinned version.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::test::python::Python;
use crate::workspace::{Workspace, run};

const SOURCE: &str = "phonenumbers==";

/// What libphonenumber writes where it knows no zone.
const UNKNOWN: &str = "Etc/Unknown";

pub(super) fn build(workspace: &Workspace, folder: &Path) -> Result<()> {
    let pins = fs::read_to_string(folder.join("requirements.txt")).context("core/plans/requirements.txt is missing")?;
    let source = pins.split_whitespace().find(|word| word.starts_with(SOURCE));
    let source = source.context("core/plans/requirements.txt pins no phonenumbers==VERSION")?;
    let installed = workspace.target.join("plans").join(source.replace("==", "-"));
    if !installed.exists() {
        let mut pip = Command::new(Python::find()?.program());
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]);
        pip.args(["--only-binary", ":all:", "--target"]).arg(&installed);
        run(pip.arg("--requirement").arg(folder.join("requirements.txt")))?;
    }
    let data = installed.join("phonenumbers/tzdata/data0.py");
    let data = fs::read_to_string(&data).with_context(|| format!("cannot read {}", data.display()))?;
    let prefixes = prefixes(&data)?;
    let table = table(&prefixes, source)?;
    let target = folder.join("zones.bin");
    fs::write(&target, &table).with_context(|| format!("cannot write {}", target.display()))?;
    println!("core: time zones of {} prefixes in {} bytes", prefixes.len(), table.len());
    Ok(())
}

/// Zones by prefix, from lines such as ` '1907':('America/Adak', 'America/Anchorage',),`.
fn prefixes(data: &str) -> Result<BTreeMap<u32, Vec<&str>>> {
    let mut prefixes = BTreeMap::new();
    for line in data.lines().filter(|line| line.starts_with(" '")) {
        let mut quoted = line.split('\'').skip(1).step_by(2);
        let prefix = quoted.next().and_then(|prefix| prefix.parse().ok());
        let prefix = prefix.with_context(|| format!("no prefix begins the line {line}"))?;
        let zones: Vec<&str> = quoted.filter(|zone| *zone != UNKNOWN).collect();
        ensure!(prefixes.insert(prefix, zones).is_none(), "the prefix {prefix} comes twice");
    }
    ensure!(prefixes.len() > 1000, "there are only {} prefixes: the package is laid out anew", prefixes.len());
    // What a shorter prefix says already.
    let said_before = |prefix: u32, zones: &Vec<&str>| {
        let shorter =
            std::iter::successors(Some(prefix / 10), |shorter| Some(shorter / 10)).take_while(|rest| *rest > 0);
        shorter.into_iter().find_map(|shorter| prefixes.get(&shorter)) == Some(zones)
    };
    Ok(prefixes.iter().filter(|(prefix, zones)| !said_before(**prefix, zones)).map(|(p, z)| (*p, z.clone())).collect())
}

fn table(prefixes: &BTreeMap<u32, Vec<&str>>, source: &str) -> Result<Vec<u8>> {
    let names_at = 4 + prefixes.len() * 6;
    let mut texts = Vec::new();
    let mut name_places = BTreeMap::new();
    for name in prefixes.values().flatten() {
        if !name_places.contains_key(name) {
            name_places.insert(*name, u16::try_from(names_at + texts.len())?);
            texts.push(u8::try_from(name.len())?);
            texts.extend(name.as_bytes());
        }
    }
    let mut set_places = BTreeMap::new();
    for zones in prefixes.values() {
        if !set_places.contains_key(zones) {
            set_places.insert(zones, u16::try_from(names_at + texts.len()).context("the table is full")?);
            texts.push(u8::try_from(zones.len())?);
            texts.extend(zones.iter().flat_map(|zone| name_places[zone].to_le_bytes()));
        }
    }
    let mut table = u16::try_from(prefixes.len())?.to_le_bytes().to_vec();
    table.extend(u16::try_from(names_at + texts.len()).context("the table is full")?.to_le_bytes());
    for (prefix, zones) in prefixes {
        table.extend(prefix.to_le_bytes());
        table.extend(set_places[zones].to_le_bytes());
    }
    table.extend(texts);
    let sum = Sha256::digest(&table).iter().fold(String::new(), |mut sum, byte| {
        let _ = write!(sum, "{byte:02x}");
        sum
    });
    let provenance =
        format!("From {source} (Apache-2.0), derived from Google's libphonenumber (Apache-2.0). SHA-256 {sum}\n");
    table.extend(provenance.as_bytes());
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_prefix_fail_loudly() {
        assert!(prefixes(" 'x':('Europe/Berlin',),\n").is_err());
        assert!(prefixes(" '49':('Europe/Berlin',),\n").unwrap_err().to_string().contains("only 1 prefixes"));
    }
}
