/** A word with a colour: what a select holds, and the states of a lead. */

import {Icon, type IconName} from "./icons"

type Look = {tone: string; icon?: IconName; isAlive?: boolean}

const LOOKS: Record<string, Look> = {
    Hot: {tone: "hot", icon: "flame"},
    Warm: {tone: "warm", icon: "sun"},
    Cold: {tone: "cold", icon: "snow"},
    "Not interested": {tone: "grey", icon: "forbid"},
    "Opted out": {tone: "violet", icon: "forbid"},
    "No reply": {tone: "grey", icon: "clock"},
    Unreachable: {tone: "red", icon: "warning"},
    Pending: {tone: "blue", isAlive: true},
    Complete: {tone: "green", icon: "check"},
    Cancelled: {tone: "grey", icon: "cross"},
    Failed: {tone: "red", icon: "warning"},
}

export function Pill({word}: {word: string}) {
    const {tone, icon, isAlive} = LOOKS[word] ?? {tone: "grey"}
    return (
        <span className={`pill pill-${tone}`}>
            {isAlive === true && <span className="beat" aria-hidden="true" />}
            {icon !== undefined && <Icon name={icon} size={13} />}
            {word}
        </span>
    )
}
