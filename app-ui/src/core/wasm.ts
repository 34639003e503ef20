/** Starts an inlined wasm module, or says that this realm cannot. */

/**
 * Null when the realm has no `WebAssembly` or refuses to compile: Attio documents neither, so callers bring a way around.
 * `bytes` is a function so that nothing is decoded where nothing can run it.
 */
export function instantiateWasm(
    bytes: () => Uint8Array<ArrayBuffer>,
    glue: object
): WebAssembly.Exports | null {
    if (typeof WebAssembly === "undefined") return null
    try {
        const module = new WebAssembly.Module(bytes())
        const imports: WebAssembly.Imports = {}
        for (const wanted of WebAssembly.Module.imports(module)) {
            imports[wanted.module] = glue as WebAssembly.ModuleImports
        }
        return new WebAssembly.Instance(module, imports).exports
    } catch (error) {
        console.error("The wasm core could not be started; falling back.", nameOf(error))
        return null
    }
}

function nameOf(error: unknown): string {
    return error instanceof Error ? `${error.name}: ${error.message}` : "unknown error"
}
