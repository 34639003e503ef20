//! Skips a step when neither what goes in nor what came out has changed since it last succeeded.
//!
//! A stamp holds hashes of contents, not times: a fresh checkout or an edited output never passes for up to date.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

pub(crate) struct Stamp {
    file: PathBuf,
    inputs: String,
    outputs: Vec<PathBuf>,
}

impl Stamp {
    /// `outputs`: files, or folders meaning all that is in them.
    pub(crate) fn new(file: PathBuf, inputs: Hash, outputs: Vec<PathBuf>) -> Self {
        Self { file, inputs: inputs.finish(), outputs }
    }

    pub(crate) fn is_current(&self) -> Result<bool> {
        match fs::read_to_string(&self.file) {
            Ok(stored) => Ok(stored == self.text()?),
            Err(_) => Ok(false),
        }
    }

    /// Call when the step has succeeded.
    pub(crate) fn set(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, self.text()?).with_context(|| format!("cannot write {}", self.file.display()))
    }

    fn text(&self) -> Result<String> {
        let mut outputs = Hash::new();
        for path in &self.outputs {
            outputs.path(path)?;
        }
        Ok(format!("in {}\nout {}\n", self.inputs, outputs.finish()))
    }
}

pub(crate) struct Hash(Sha256);

impl Hash {
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// A file's name and contents, or those of all files in a folder; a missing one counts as missing.
    pub(crate) fn path(&mut self, path: &Path) -> Result<()> {
        self.bytes(path.as_os_str().as_encoded_bytes());
        if path.is_dir() {
            let entries = fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))?;
            let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
            paths.sort();
            return paths.iter().try_for_each(|path| self.path(path));
        }
        if path.exists() {
            self.bytes(&fs::read(path).with_context(|| format!("cannot read {}", path.display()))?);
        }
        Ok(())
    }

    fn finish(self) -> String {
        self.0.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
