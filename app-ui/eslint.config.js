// Attio's own rules over the app, plain JavaScript rules over the host and the tools.
const js = require("@eslint/js")
const prettier = require("eslint-config-prettier")
const react = require("eslint-plugin-react")
const reactHooks = require("eslint-plugin-react-hooks")
const simpleImportSort = require("eslint-plugin-simple-import-sort")
const tseslint = require("typescript-eslint")
const attio = require("attio/lint")

const everywhere = {
    eqeqeq: ["error", "always", {null: "ignore"}],
    "no-eval": "error",
    "no-return-assign": ["error", "always"],
    "no-var": "error",
    "prefer-const": "error",
    "prefer-template": "error",
    radix: "error",
    "simple-import-sort/imports": ["error", {groups: [["^\\u0000", "^node:", "^@?\\w", "^"]]}],
}

// A server module imported under any other specifier than one ending in ".server" is bundled into the client
// instead of being called over the wire: its code and its secrets would reach every browser.
const serverImports = {
    "no-restricted-imports": [
        "error",
        {
            patterns: [
                {
                    regex: "\\.server\\.(js|jsx|ts|tsx|mjs|cjs)$",
                    message: 'End the specifier in ".server", or the server code is bundled into the client.',
                },
                {
                    regex: "\\.(webhook|event)(\\.(js|ts))?$",
                    message: "Webhooks and events are entry points; move shared code to a module of its own.",
                },
            ],
        },
    ],
}

const nodeGlobals = Object.fromEntries(
    [
        ...["AbortController", "AbortSignal", "Buffer", "clearInterval", "clearTimeout", "console", "fetch"],
        ...[
            "Headers",
            "performance",
            "process",
            "queueMicrotask",
            "structuredClone",
            "Request",
            "Response",
            "setImmediate",
            "setInterval",
            "setTimeout",
        ],
        ...["TextDecoder", "TextEncoder", "URL", "URLSearchParams"],
    ].map((name) => [name, "readonly"])
)

module.exports = tseslint.config(
    {
        ignores: [
            "**/node_modules/",
            "**/dist/",
            "**/lib/",
            "**/.attio/",
            "**/*.graphql.d.ts",
            "src/core/generated/",
        ],
    },
    {
        files: ["src/**/*.{ts,tsx}", "test/**/*.ts", "host/fixtures/*/src/**/*.{ts,tsx}"],
        extends: [
            js.configs.recommended,
            tseslint.configs.recommended,
            react.configs.flat.recommended,
            react.configs.flat["jsx-runtime"],
            reactHooks.configs.flat.recommended,
        ],
        plugins: {attio: {rules: attio.rules}, "simple-import-sort": simpleImportSort},
        settings: {react: {version: "detect"}},
        rules: {
            ...everywhere,
            ...serverImports,
            "attio/attio-client-import": "error",
            "attio/form-submit-button": "error",
            "attio/server-default-export": "error",
            "attio/settings-page-components": "error",
            "attio/widget-text-children": "error",
            "@typescript-eslint/consistent-type-imports": "error",
            "@typescript-eslint/no-import-type-side-effects": "error",
            "@typescript-eslint/no-non-null-assertion": "error",
            "@typescript-eslint/no-unused-vars": [
                "error",
                {argsIgnorePattern: "^_", varsIgnorePattern: "^_"},
            ],
        },
    },
    {
        files: ["host/page/**/*.{ts,tsx}"],
        extends: [
            js.configs.recommended,
            tseslint.configs.recommended,
            react.configs.flat.recommended,
            react.configs.flat["jsx-runtime"],
            reactHooks.configs.flat.recommended,
        ],
        plugins: {"simple-import-sort": simpleImportSort},
        settings: {react: {version: "detect"}},
        rules: {
            ...everywhere,
            "@typescript-eslint/consistent-type-imports": "error",
            "@typescript-eslint/no-non-null-assertion": "error",
            // TypeScript checks props.
            "react/prop-types": "off",
        },
    },
    // Tests call entry points as Attio does.
    {files: ["test/**/*.ts"], rules: {"no-restricted-imports": "off"}},
    {
        files: ["host/**/*.mjs", "tools/**/*.mjs", "vitest.config.mjs"],
        extends: [js.configs.recommended],
        plugins: {"simple-import-sort": simpleImportSort},
        languageOptions: {globals: nodeGlobals},
        rules: everywhere,
    },
    prettier
)
