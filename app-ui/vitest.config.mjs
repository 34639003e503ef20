import {fileURLToPath} from "node:url"
import {defineConfig} from "vitest/config"

/** @param {string} name */
const standIn = (name) => fileURLToPath(new URL(`test/stand-ins/${name}.ts`, import.meta.url))

export default defineConfig({
    // The `attio` package has types only; these stand in for what Attio puts behind them.
    resolve: {alias: {"attio/server": standIn("attio-server"), "attio/client": standIn("attio-client")}},
    plugins: [
        {
            name: "graphql-as-text",
            transform: (code, id) =>
                id.endsWith(".graphql") ? {code: `export default ${JSON.stringify(code)}`, map: null} : null,
        },
    ],
    test: {include: ["test/**/*.test.ts"], restoreMocks: true, unstubGlobals: true},
})
