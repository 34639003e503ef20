//! From a compiled part to the files the app imports, in `app-ui/src/core/generated/`.
//!
//! Attio's bundler takes no `.wasm` files and its runtime documents no way to fetch any, so the bytes travel as base64
//! in a module. Nor is `WebAssembly` documented there: `rules` comes a second time, as plain JavaScript.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wasm_bindgen_cli_support::Bindgen;

use crate::node::{locked_versions, tool};
use crate::part::Part;
use crate::stamp::{Hash, Stamp};
use crate::workspace::{Workspace, run};

/// What rustc emits today. Named one by one: with all features wasm-opt writes code that wasm2js cannot read.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
];

/// JavaScript has none of these instructions; they become loops and comparisons first.
const LOWERINGS: [&str; 3] =
    ["--llvm-memory-copy-fill-lowering", "--llvm-nontrapping-fptoint-lowering", "--signext-lowering"];

const NOTE: &str = "// Made by `cargo xtask app`; change `wasm/` or `core/` instead.\n";

/// What the app loads of a part, besides the JavaScript around it.
pub(crate) struct Packed {
    pub(crate) part: Part,
    pub(crate) wasm: Vec<u8>,
    pub(crate) fallback: Option<Vec<u8>>,
}

pub(crate) fn pack(workspace: &Workspace, part: Part, compiled: &[u8]) -> Result<Packed> {
    let bench = Bench::new(workspace, part)?;
    let stamp = bench.stamp(compiled)?;
    if !stamp.is_current()? {
        println!("core: packing {}", part.name());
        bench.bind(compiled)?;
        bench.shrink()?;
        if part.has_fallback() {
            bench.write_fallback()?;
        }
        stamp.set()?;
    }
    let wasm = read(&bench.wasm())?;
    let fallback = part.has_fallback().then(|| read(&bench.generated("_asm.js"))).transpose()?;
    Ok(Packed { part, wasm, fallback })
}

/// One part on its way through the tools.
struct Bench<'a> {
    workspace: &'a Workspace,
    part: Part,
    /// Holds what one tool hands to the next.
    folder: PathBuf,
    output: PathBuf,
}

impl<'a> Bench<'a> {
    fn new(workspace: &'a Workspace, part: Part) -> Result<Self> {
        let folder = workspace.workshop().join(part.name());
        let output = workspace.app().join("src/core/generated");
        for folder in [&folder, &output] {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        Ok(Self { workspace, part, folder, output })
    }

    /// Everything that decides the result: the code, the tools and this recipe.
    fn stamp(&self, compiled: &[u8]) -> Result<Stamp> {
        let mut inputs = Hash::new();
        inputs.bytes(compiled);
        inputs.bytes(include_bytes!("pack.rs"));
        // The compiled bytes carry the version of wasm-bindgen that they need, which is ours or none.
        for version in locked_versions(&self.workspace.app(), &["binaryen", "esbuild"])? {
            inputs.bytes(version.as_bytes());
        }
        let mut outputs = vec![self.wasm()];
        outputs.extend(["_bg.js", "_bg.d.ts", "_wasm.ts"].map(|ending| self.generated(ending)));
        if self.part.has_fallback() {
            outputs.extend(["_asm.js", "_asm.d.ts"].map(|ending| self.generated(ending)));
        }
        Ok(Stamp::new(self.folder.join("stamp"), inputs, outputs))
    }

    /// wasm-bindgen: JavaScript with types around the bytes.
    fn bind(&self, compiled: &[u8]) -> Result<()> {
        let name = self.part.name();
        Bindgen::new()
            .input_bytes(name, compiled.to_vec())
            .bundler(true)?
            .typescript(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(&self.folder)
            .context(
                "wasm-bindgen failed; do the crates wasm-bindgen and wasm-bindgen-cli-support have one version?",
            )?;

        // The entry module would import the bytes as a file; the app's own loader does that part.
        let glue = read_text(&self.folder.join(format!("{name}_bg.js")))?;
        ensure!(!glue.contains("import.meta"), "the glue uses import.meta, which a classic script does not have");
        write(&self.generated("_bg.js"), &format!("{NOTE}{}", following_memory(&glue)?))?;
        let types = read_text(&self.folder.join(format!("{name}.d.ts")))?;
        let set_wasm = "export function __wbg_set_wasm(exports: WebAssembly.Exports): void;\n";
        write(&self.generated("_bg.d.ts"), &format!("{NOTE}{}\n\n{set_wasm}", types.trim_end()))
    }

    fn shrink(&self) -> Result<()> {
        let bound = self.folder.join(format!("{}_bg.wasm", self.part.name()));
        run(tool(&self.workspace.app(), "wasm-opt")
            .args(FEATURES)
            .args(["-Oz", "--converge"])
            .arg(bound)
            .arg("-o")
            .arg(self.wasm()))?;
        let text = STANDARD.encode(read(&self.wasm())?);
        write(&self.generated("_wasm.ts"), &format!("{NOTE}export default \"{text}\"\n"))
    }

    /// wasm2js: the same code without `WebAssembly`.
    fn write_fallback(&self) -> Result<()> {
        let app = self.workspace.app();
        let lowered = self.folder.join("lowered.wasm");
        run(tool(&app, "wasm-opt").args(FEATURES).args(LOWERINGS).arg("-Oz").arg(self.wasm()).arg("-o").arg(&lowered))?;
        let module = self.folder.join("module.js");
        run(tool(&app, "wasm2js").args(FEATURES).arg("-Oz").arg(lowered).arg("-o").arg(&module))?;
        let function = self.folder.join("function.js");
        write(&function, &as_function(&read_text(&module)?)?)?;
        // Attio's build does not minify what is ours, and this is most of it.
        run(tool(&app, "esbuild")
            .arg(&function)
            .args(["--minify", "--format=esm", "--target=es2020", "--log-level=warning"])
            .arg(format!("--outfile={}", self.generated("_asm.js").display())))?;
        let types = "export function instantiate(imports: Record<string, unknown>): WebAssembly.Exports;\n";
        write(&self.generated("_asm.d.ts"), &format!("{NOTE}{types}"))
    }

    fn wasm(&self) -> PathBuf {
        self.folder.join("small.wasm")
    }

    fn generated(&self, ending: &str) -> PathBuf {
        self.output.join(format!("{}{ending}", self.part.name()))
    }
}

/// WebAssembly empties the old buffer when its memory grows, and by that the glue knows that its view is out of date. In
/// plain JavaScript the old buffer stays as it was: the glue would go on writing where nobody reads. Comparing buffers
/// tells in both.
fn following_memory(glue: &str) -> Result<String> {
    let mut followed = 0;
    let lines: Vec<String> = glue
        .lines()
        .map(|line| {
            match line.trim().strip_prefix("if (").and_then(|condition| condition.split_once(" === null || ")) {
                Some((view, _)) if view.starts_with("cached") => {
                    followed += 1;
                    format!("    if ({view} === null || {view}.buffer !== wasm.memory.buffer) {{")
                }
                _ => line.to_owned(),
            }
        })
        .collect();
    let views = glue.matches("(wasm.memory.buffer)").count();
    ensure!(followed == views, "wasm-bindgen checks its views of memory in a new way; adapt `following_memory`");
    Ok(lines.join("\n"))
}

/// wasm2js writes a module that imports its surroundings and starts at once. The loader hands them in instead, and only
/// where `WebAssembly` is missing.
fn as_function(module: &str) -> Result<String> {
    let (definition, _) = module
        .split_once("\nvar retasmFunc = asmFunc(")
        .context("wasm2js writes modules of another shape than it used to; adapt `as_function`")?;
    let definition: Vec<&str> = definition.lines().filter(|line| !line.starts_with("import ")).collect();
    Ok(format!("{}\nexport function instantiate(imports) {{ return asmFunc(imports) }}\n", definition.join("\n")))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
