//! The two parts of the core, compiled to WebAssembly.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::workspace::{Workspace, cargo, output_of, run};

const TARGET: &str = "wasm32-unknown-unknown";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Signature, sequence, record: loaded by every bundle.
    Rules,
    /// The numbering plans: loaded by code that sends a lead.
    Phones,
}

impl Part {
    pub(crate) const ALL: [Self; 2] = [Self::Rules, Self::Phones];

    /// Its feature in `alc-wasm`, and how its generated files begin.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Phones => "phones",
        }
    }

    /// Whether it comes as plain JavaScript too. As such the numbering plans would be megabytes; ALC is asked instead.
    pub(crate) const fn has_fallback(self) -> bool {
        matches!(self, Self::Rules)
    }
}

/// rustup adds the target to the pinned toolchain by itself; toolchains from elsewhere are told what is missing.
pub(crate) fn ensure_target(workspace: &Workspace) -> Result<()> {
    let libraries = rustc(workspace, &["--print", "target-libdir", "--target", TARGET])?;
    if Path::new(&libraries).exists() {
        return Ok(());
    }
    println!("core: adding the Rust target {TARGET}");
    run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(&workspace.root)).with_context(|| {
        format!("the Rust target {TARGET} is missing; install Rust with rustup, or add this target to your toolchain")
    })
}

/// The bytes as rustc leaves them, for wasm-bindgen to finish.
pub(crate) fn compile(workspace: &Workspace, part: Part) -> Result<Vec<u8>> {
    let messages = output_of(
        Command::new(cargo())
            .args(["build", "--package", "alc-wasm", "--lib", "--profile", "wasm", "--target", TARGET])
            .args(["--no-default-features", "--features", part.name()])
            .args(["--quiet", "--message-format", "json-render-diagnostics"])
            .env("CARGO_ENCODED_RUSTFLAGS", flags(workspace)?.join("\u{1f}"))
            .current_dir(&workspace.root),
    )?;
    let artifact = String::from_utf8_lossy(&messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == "alc_wasm")
        .filter_map(|message| {
            let files = message["filenames"].as_array()?;
            files.iter().filter_map(serde_json::Value::as_str).map(PathBuf::from).find(|file| is_wasm(file))
        })
        .next_back();
    let Some(artifact) = artifact else { bail!("cargo built alc-wasm but named no .wasm file") };
    fs::read(&artifact).with_context(|| format!("cannot read {}", artifact.display()))
}

fn is_wasm(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "wasm")
}

/// The same on every machine, so that the same source gives the same bytes.
fn flags(workspace: &Workspace) -> Result<Vec<String>> {
    let mut flags = vec![
        // wasm2js knows no tables of references; without the feature wasm-bindgen keeps values in a plain array.
        "-Ctarget-feature=-reference-types".to_owned(),
        // SHA-256 as a loop instead of 64 rounds written out: slower by microseconds, smaller by kilobytes.
        "--cfg=sha2_backend_soft=\"compact\"".to_owned(),
    ];
    // Panic messages carry paths. rustc takes the last prefix that fits: the widest folders come first.
    let mut rename = |from: &Path, to: &str| flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    rename(&workspace.root, "/alc");
    rename(&workspace.target, "/target");
    let sysroot = rustc(workspace, &["--print", "sysroot"])?;
    rename(&Path::new(&sysroot).join("lib/rustlib/src/rust"), "/rust");
    for registry in registries()? {
        rename(&registry, "/crates");
    }
    Ok(flags)
}

/// Where cargo unpacks crates: a folder per registry, named after its address.
fn registries() -> Result<Vec<PathBuf>> {
    let home = match (std::env::var_os("CARGO_HOME"), std::env::home_dir()) {
        (Some(home), _) => PathBuf::from(home),
        (None, Some(home)) => home.join(".cargo"),
        (None, None) => bail!("cargo's home is unknown; set CARGO_HOME"),
    };
    let sources = home.join("registry/src");
    if !sources.exists() {
        return Ok(Vec::new());
    }
    let mut folders = fs::read_dir(&sources)
        .with_context(|| format!("cannot list {}", sources.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    folders.sort();
    Ok(folders)
}

fn rustc(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let output = output_of(Command::new("rustc").args(arguments).current_dir(&workspace.root))?;
    Ok(String::from_utf8(output)?.trim().to_owned())
}
