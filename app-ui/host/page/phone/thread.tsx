/** Messages as bubbles. ALC's carry what became of them on the way here. */

import {Icon, type IconName} from "../icons"
import type {Text} from "../server"
import {moment, timeOfDay} from "../time"

/** A pause this long gets a line of its own. */
const PAUSE_MS = 10 * 60_000

export function Thread({texts}: {texts: Text[]}) {
    return texts.map((text, at) => {
        const before = texts[at - 1]
        const follows = before !== undefined && text.at - before.at < PAUSE_MS
        return (
            <div key={text.sid} className={`text text-${text.direction}`}>
                {!follows && <p className="text-day">{moment(text.at)}</p>}
                <p className="bubble">
                    <span className="unseen">{text.direction === "to-lead" ? "Received: " : "Sent: "}</span>
                    {text.body}
                </p>
                {text.direction === "to-lead" && <Delivery text={text} />}
            </div>
        )
    })
}

const STATES: Record<string, {word: string; icon: IconName | null}> = {
    queued: {word: "Queued", icon: "clock"},
    sending: {word: "Sending", icon: "clock"},
    sent: {word: "Sent", icon: "check"},
    delivered: {word: "Delivered", icon: "checks"},
    undelivered: {word: "Undelivered", icon: "warning"},
    failed: {word: "Failed", icon: "warning"},
}

function Delivery({text: {status, at}}: {text: Text}) {
    const {word, icon} = STATES[status] ?? {word: status, icon: null}
    return (
        <p className={`delivery delivery-${status}`}>
            {icon !== null && <Icon name={icon} size={12} />}
            {word} · {timeOfDay(at)}
        </p>
    )
}
