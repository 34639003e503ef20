/** ⌘K: everything one can do here and everybody one can go to, by typing. */

import {type KeyboardEvent, useEffect, useId, useRef, useState} from "react"
import {press, useActions} from "./app-realm"
import {Avatar} from "./avatar"
import {Icon, iconFor, type IconName} from "./icons"
import {matching, usePeople} from "./people-page"
import {go, usePlace} from "./router"
import {titleOf, useSession} from "./session"
import {Store, useStore} from "./store"
import {isDark, setTheme, useTheme} from "./theme"

type Command = {group: string; label: string; detail?: string | null; icon: IconName | null; run: () => void}

const isOpen = new Store(false)
const MOST_PEOPLE = 8

export const openPalette = () => isOpen.set(true)

export function usePaletteKey() {
    useEffect(() => {
        const onKey = (event: globalThis.KeyboardEvent) => {
            const isKey = event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)
            // An open dialog wants its own answer first.
            const isBusy = document.querySelector("dialog[open]:not(.palette)") !== null
            if (!isKey || isBusy) return
            event.preventDefault()
            isOpen.set((before) => !before)
        }
        addEventListener("keydown", onKey)
        return () => removeEventListener("keydown", onKey)
    }, [])
}

export function Palette() {
    return useStore(isOpen) ? <OpenPalette /> : null
}

function OpenPalette() {
    const dialog = useRef<HTMLDialogElement>(null)
    const list = useRef<HTMLDivElement>(null)
    const [search, setSearch] = useState("")
    const [chosen, setChosen] = useState(0)
    const id = useId()
    const commands = useCommands(search)
    useEffect(() => {
        const element = dialog.current
        element?.showModal()
        return () => element?.close()
    }, [])
    useEffect(() => {
        list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({block: "nearest"})
    }, [chosen])

    const run = (command: Command | undefined) => {
        if (command === undefined) return
        isOpen.set(false)
        command.run()
    }
    const onKeyDown = (event: KeyboardEvent) => {
        const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
        if (event.key === "Enter") run(commands[chosen])
        else if (step !== 0) setChosen((chosen + step + commands.length) % Math.max(1, commands.length))
        else return
        event.preventDefault()
    }
    return (
        <dialog
            ref={dialog}
            className="palette"
            aria-label="Search and actions"
            onCancel={(event) => {
                event.preventDefault()
                isOpen.set(false)
            }}
            onClick={(event) => {
                if (event.target === dialog.current) isOpen.set(false)
            }}
        >
            <div className="palette-search">
                <Icon name="search" />
                <input
                    autoFocus
                    role="combobox"
                    aria-expanded="true"
                    aria-controls={`${id}-list`}
                    aria-activedescendant={commands.length > 0 ? `${id}-${chosen}` : undefined}
                    aria-label="Search actions and people"
                    placeholder="What do you want to do?"
                    value={search}
                    onChange={(event) => {
                        setSearch(event.target.value)
                        setChosen(0)
                    }}
                    onKeyDown={onKeyDown}
                />
                <kbd>Esc</kbd>
            </div>
            <div ref={list} id={`${id}-list`} className="palette-list" role="listbox" aria-label="Results">
                {commands.map((command, at) => (
                    <div key={`${command.group} ${command.label} ${at}`}>
                        {command.group !== commands[at - 1]?.group && <h3>{command.group}</h3>}
                        <div
                            id={`${id}-${at}`}
                            className="palette-item"
                            role="option"
                            aria-selected={at === chosen}
                            onMouseMove={() => setChosen(at)}
                            onClick={() => run(command)}
                        >
                            {command.icon === null ? (
                                <Avatar name={command.label} size="tiny" />
                            ) : (
                                <Icon name={command.icon} />
                            )}
                            <span>{command.label}</span>
                            {command.detail != null && <small>{command.detail}</small>}
                        </div>
                    </div>
                ))}
                {commands.length === 0 && <p className="hint">Nothing by that name.</p>}
            </div>
        </dialog>
    )
}

function useCommands(search: string): Command[] {
    const place = usePlace()
    const found = useActions()
    const people = usePeople()
    const session = useSession()
    const theme = useTheme()
    const all = people.state === "here" ? people.value : []
    const here = place.name === "person" ? all.find(({id}) => id === place.id) : undefined

    const ofApp: Command[] =
        here === undefined || found.state !== "here"
            ? []
            : found.actions.map((action) => ({
                  group: `On ${here.name}`,
                  label: action.label,
                  detail: titleOf(session?.app.name ?? ""),
                  icon: iconFor(action.icon),
                  run: () => void press(action, here.id),
              }))
    const places: Command[] = [
        {group: "Go to", label: "People", icon: "people", run: () => go("/people")},
        {
            group: "Go to",
            label: titleOf(session?.app.name ?? "App"),
            detail: "Connection",
            icon: "plug",
            run: () => go("/apps"),
        },
        {group: "Go to", label: "Activity", icon: "activity", run: () => go("/activity")},
        {
            group: "Look",
            label: isDark(theme) ? "Switch to light" : "Switch to dark",
            icon: isDark(theme) ? "sun" : "moon",
            run: () => setTheme(isDark(theme) ? "light" : "dark"),
        },
        {
            group: "Look",
            label: "Follow the system’s light or dark",
            icon: "select",
            run: () => setTheme("system"),
        },
    ]
    const words = search.trim().toLowerCase()
    const commands = [...ofApp, ...places].filter(({label}) => label.toLowerCase().includes(words))
    if (words === "") return commands
    const persons = matching(all, search)
        .slice(0, MOST_PEOPLE)
        .map(({id, name, company, phone}) => ({
            group: "People",
            label: name,
            detail: company ?? phone,
            icon: null,
            run: () => go(`/people/${id}`),
        }))
    return [...commands, ...persons]
}
