import {afterEach, expect, test, vi} from "vitest"
import {decodeBase64} from "../src/core/base64"
import {instantiateWasm} from "../src/core/wasm"

afterEach(() => vi.resetModules())

test.each([0, 1, 2, 3, 4, 255, 256, 1000])("base64 of %i bytes is read as it was written", (length) => {
    const bytes = Uint8Array.from({length}, (_, i) => (i * 37 + 11) % 256)
    expect(decodeBase64(Buffer.from(bytes).toString("base64"))).toEqual(bytes)
})

const EMPTY_MODULE = () => Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)

test("wasm that cannot run is null, and nothing is decoded where there is no WebAssembly", () => {
    expect(instantiateWasm(EMPTY_MODULE, {})).not.toBeNull()
    vi.spyOn(console, "error").mockImplementation(() => {})
    expect(instantiateWasm(() => Uint8Array.of(1, 2, 3), {})).toBeNull()

    vi.stubGlobal("WebAssembly", undefined)
    const bytes = vi.fn(EMPTY_MODULE)
    expect(instantiateWasm(bytes, {})).toBeNull()
    expect(bytes).not.toHaveBeenCalled()
})

test("the phones are null without WebAssembly, and loaded once with it", async () => {
    const {loadPhones} = await import("../src/core/phones")
    expect(loadPhones()).not.toBeNull()
    expect(loadPhones()).toBe(loadPhones())

    vi.resetModules()
    vi.stubGlobal("WebAssembly", undefined)
    const without = await import("../src/core/phones")
    expect(without.loadPhones()).toBeNull()
})
