//! A folder for one story, gone when the story ends.

use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Removed with all that is in it when dropped; one left behind is a nuisance, not a failure.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("alc-story-{}", unique()));
        std::fs::create_dir(&folder).expect("the temporary folder can be written");
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A text that no other story has: 32 hex digits.
pub fn unique() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    Uuid::from_u128(u128::from_be_bytes(bytes)).simple().to_string()
}
