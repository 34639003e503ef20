/** ⌘K: everything one can do here and everybody one can go to, by typing. */

import {type KeyboardEvent, useEffect, useId, useRef, useState} from "react"
import {press, useActions} from "./app-realm"
import {Avatar} from "./avatar"
import {useModal} from "./focus"
import {Icon, iconFor, type IconName} from "./icons"
import {matching, startsWords, usePeople} from "./people-page"
import {go, usePlace} from "./router"
import type {PersonInList} from "./server"
import {titleOf, useSession} from "./session"
import {Store, useStore} from "./store"
import {setTheme, useIsDark} from "./theme"

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
    useModal(dialog)
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
                {[...new Set(commands.map(({group}) => group))].map((group) => (
                    <div key={group} role="group" aria-label={group}>
                        <h3 aria-hidden="true">{group}</h3>
                        {commands.map((command, at) =>
                            command.group !== group ? null : (
                                <div
                                    key={at}
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
                            )
                        )}
                    </div>
                ))}
            </div>
            {commands.length === 0 && (
                <p className="hint" role="status">
                    Nothing by that name.
                </p>
            )}
        </dialog>
    )
}

function useCommands(search: string): Command[] {
    const place = usePlace()
    const offered = useActions()
    const people = usePeople()
    const session = useSession()
    const isDark = useIsDark()
    const all = people.state === "here" ? people.value : []

    const ofApp: Command[] =
        place.name !== "person" || offered.state !== "here"
            ? []
            : offered.actions.map((action) => ({
                  group: `On ${all.find(({id}) => id === place.id)?.name ?? "this person"}`,
                  label: action.label,
                  detail: titleOf(session?.app.name ?? ""),
                  icon: iconFor(action.icon),
                  run: () => void press(action, place.id),
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
            label: isDark ? "Switch to light" : "Switch to dark",
            icon: isDark ? "sun" : "moon",
            run: () => setTheme(isDark ? "light" : "dark"),
        },
        {
            group: "Look",
            label: "Follow the system’s light or dark",
            icon: "select",
            run: () => setTheme("system"),
        },
    ]
    const commands = [...ofApp, ...places].filter(({label}) => startsWords(label, search))
    if (search.trim() === "") return commands
    const found = matching(all, search)
    const isByName = ({name}: PersonInList) => startsWords(name, search)
    const persons = [...found.filter(isByName), ...found.filter((each) => !isByName(each))]
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
