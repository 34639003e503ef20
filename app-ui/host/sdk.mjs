/**
 * The names an app's bundle expects of Attio's SDK. The `attio` package itself has types only: at run time a bundle
 * copies the properties of three global objects. That copying looks at own property names, so every top-level name has
 * to be there; below them a proxy answers to any name.
 */

/** @typedef {(...args: any[]) => any} Callable */

/** Of `attio/client`: things to render. Headless, they render nothing. */
const COMPONENTS = [
    ...[
        "Avatar",
        "Badge",
        "Banner",
        "Button",
        "Column",
        "DescriptionList",
        "DialogList",
        "Divider",
        "Json",
        "Link",
    ],
    ...["LoadingState", "Row", "Section", "StatusBadge", "Table", "TextBlock", "Typography", "Widget"],
    ...["Experimental_AttioLink", "Experimental_Card", "Experimental_Chart", "Experimental_EmptyState"],
    ...["Experimental_Grid", "Experimental_Stack"],
]

/** Of `attio/client`: forms, caches and settings, which this host does not have. */
const HOOKS = [
    ...["useAsyncCache", "useForm", "useQuery", "useWorkspaceSettings", "useWorkspaceSettingsForm"],
    ...["getWorkspaceSettings", "setWorkspaceSetting", "experimental_navigate"],
]

/**
 * `attio`: definitions and schemas; they describe, so returning what was given is all they do.
 * @param {Record<string, Record<string, string>>} enums
 */
export function rootSdk(enums) {
    return {
        App: {},
        Settings: {Schema: describing(), defineWorkspaceSchema: describe},
        Workflows: {ConfigSchema: describing(), defineWorkflowBlock: describe},
        ...enums,
    }
}

/**
 * `attio/client`, around the calls that show something to the person.
 * @param {{alert: Callable, confirm: Callable, showToast: Callable, showDialog: Callable, showIframe: Callable, runQuery: Callable}} shows
 * @param {(name: string, props: any) => unknown} draw what a component such as `Typography.Body` comes to
 */
export function clientSdk(shows, draw) {
    return {
        ...Object.fromEntries(COMPONENTS.map((name) => [name, sdkComponent(name, draw)])),
        ...Object.fromEntries(HOOKS.map((name) => [name, unavailable(name)])),
        ...shows,
        platform: "web-app",
        experimental_Destinations: describing(),
        Extensions: {defineExtension: describe, experimental_definePage: describe},
        Forms: describing(),
        Settings: {
            /**
             * @param {unknown} schema
             * @param {unknown} Page
             */
            defineWorkspacePage: (schema, Page) => ({scope: "workspace", schema, Page}),
            getSettings: unavailable("Settings.getSettings"),
            setSettings: unavailable("Settings.setSettings"),
            useForm: unavailable("Settings.useForm"),
            useSettings: unavailable("Settings.useSettings"),
        },
        Workflows: {
            OutcomeSchema: describing(),
            OutcomeValue: describing(),
            /**
             * @param {unknown} block
             * @param {(block: unknown) => unknown} render
             */
            defineConfigurator: (block, render) => () => render(block),
            useConfigurator: unavailable("Workflows.useConfigurator"),
        },
    }
}

/** `Workflows` of `attio/server`: the bundle looks for the handler under its own name. */
export function serverWorkflows() {
    /** @param {string} handler */
    const define = (handler) => (/** @type {unknown} */ _block, /** @type {unknown} */ run) => ({
        [handler]: run,
    })
    return {
        OutcomeValue: describing(),
        defineWorkflowBlockActivate: define("activate"),
        defineWorkflowBlockDeactivate: define("deactivate"),
        defineWorkflowBlockExecute: define("execute"),
        defineWorkflowBlockFinish: define("finish"),
        defineWorkflowBlockTrigger: define("trigger"),
    }
}

/**
 * @template Value
 * @param {Value} definition
 */
function describe(definition) {
    return definition
}

/**
 * An object on which every name is a function that describes what it was given.
 * @returns {Record<string, Callable>}
 */
function describing() {
    return new Proxy(
        {},
        {
            get: (_, name) =>
                typeof name === "string"
                    ? (/** @type {unknown[]} */ ...args) => ({type: name, args})
                    : undefined,
        }
    )
}

/**
 * A component with sub-components of any name (`Typography.Body`).
 * @param {string} path
 * @param {(name: string, props: any) => unknown} draw
 * @returns {Callable}
 */
function sdkComponent(path, draw) {
    return new Proxy((/** @type {unknown} */ props) => draw(path, props), {
        get: (target, name) => {
            if (typeof name !== "string" || name in target) return Reflect.get(target, name)
            // React asks every component for these.
            if (["displayName", "defaultProps", "contextType", "$$typeof"].includes(name)) return undefined
            const sub = sdkComponent(`${path}.${name}`, draw)
            Reflect.set(target, name, sub)
            return sub
        },
    })
}

/** @param {string} name */
function unavailable(name) {
    return () => {
        throw new Error(`${name} is not available in this host: it has no forms, caches or settings`)
    }
}
