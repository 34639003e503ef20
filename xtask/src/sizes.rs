//! How large the app's pieces are: as they are, compressed as a network would, and as the base64 that bundles carry.

use std::fmt;
use std::io::Write as _;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<(String, [usize; 3])>,
}

impl Table {
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes)?;
        let gzip = encoder.finish()?.len();
        let base64 = bytes.len().div_ceil(3) * 4;
        self.rows.push((name.to_owned(), [bytes.len(), gzip, base64]));
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        writeln!(f, "{:width$} {:>10} {:>10} {:>10}", "bytes", "raw", "gzip", "base64")?;
        for (name, [raw, gzip, base64]) in &self.rows {
            writeln!(f, "{name:width$} {raw:>10} {gzip:>10} {base64:>10}")?;
        }
        Ok(())
    }
}
