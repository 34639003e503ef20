//! `cargo xtask app`: from the Rust core to the bundles Attio runs.
//!
//! core/ → wasm/ → [`part`] (rustc) → [`pack`] (wasm-bindgen, binaryen, esbuild) → `app-ui/src/core/generated/`
//! → `npm run build` → `app-ui/dist/`. A step whose inputs did not change is skipped.

use std::fs;

use anyhow::{Context as _, Result};

use crate::node;
use crate::pack::{self, Packed};
use crate::part::{self, Part};
use crate::sizes::Table;
use crate::stamp::{Hash, Stamp};
use crate::workspace::Workspace;

pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    node::ensure_version()?;
    node::install_packages(&workspace.app())?;
    let parts = build_core(workspace)?;
    bundle(workspace)?;
    print_sizes(workspace, &parts)
}

/// The generated files only: enough to type-check and test the app.
fn build_core(workspace: &Workspace) -> Result<Vec<Packed>> {
    part::ensure_target(workspace)?;
    Part::ALL
        .into_iter()
        .map(|part| {
            let compiled = part::compile(workspace, part)?;
            pack::pack(workspace, part, &compiled)
        })
        .collect()
}

fn bundle(workspace: &Workspace) -> Result<()> {
    let app = workspace.app();
    let mut inputs = Hash::new();
    for input in ["src", "package.json", "package-lock.json", "tsconfig.json", ".env"] {
        inputs.path(&app.join(input))?;
    }
    let stamp = Stamp::new(workspace.workshop().join("bundles.stamp"), inputs, vec![app.join("dist")]);
    if stamp.is_current()? {
        return Ok(());
    }
    println!("app-ui: building the bundles");
    node::run_script(&app, "build")?;
    stamp.set()
}

/// An app with no more than the calls of the SDK's published walkthrough; tests of the host and stories run it.
pub(crate) fn build_example(workspace: &Workspace) -> Result<()> {
    let app = workspace.app();
    let example = app.join("host/fixtures/sdk-example");
    let mut inputs = Hash::new();
    for input in [example.join("src"), example.join("package.json"), app.join("package-lock.json")] {
        inputs.path(&input)?;
    }
    let stamp = Stamp::new(workspace.workshop().join("example.stamp"), inputs, vec![example.join("dist")]);
    if stamp.is_current()? {
        return Ok(());
    }
    println!("app-ui: building the example");
    node::run_script(&app, "build:example")?;
    stamp.set()
}

fn print_sizes(workspace: &Workspace, parts: &[Packed]) -> Result<()> {
    let mut table = Table::default();
    for packed in parts {
        table.add(&format!("{}, wasm", packed.part.name()), &packed.wasm)?;
        if let Some(fallback) = &packed.fallback {
            table.add(&format!("{}, plain JavaScript", packed.part.name()), fallback)?;
        }
    }
    let dist = workspace.app().join("dist");
    let mut bundles = fs::read_dir(&dist)
        .with_context(|| format!("cannot list {}", dist.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    bundles.retain(|path| path.is_file());
    bundles.sort();
    for path in bundles {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        table.add(&format!("dist/{name}"), &fs::read(&path)?)?;
    }
    println!("\n{table}");
    Ok(())
}
