/** Moments in the words people use for them. */

import {useEffect, useState} from "react"

const clock = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit"})
const precise = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit", second: "2-digit"})
const day = new Intl.DateTimeFormat(undefined, {day: "numeric", month: "short", year: "numeric"})

export const timeOfDay = (at: number) => clock.format(at)
export const timeWithSeconds = (at: number) => precise.format(at)

export function moment(at: number) {
    const isToday = new Date(at).toDateString() === new Date().toDateString()
    return isToday ? `Today, ${clock.format(at)}` : `${day.format(at)}, ${clock.format(at)}`
}

/** "just now", "3 min ago", then the day; kept true while it is shown. */
export function useAgo(at: number) {
    const [now, setNow] = useState(Date.now)
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), 20_000)
        return () => clearInterval(timer)
    }, [])
    const minutes = Math.floor((Math.max(now, at) - at) / 60_000)
    if (minutes < 1) return "just now"
    if (minutes < 60) return `${minutes} min ago`
    return moment(at)
}

export function duration(ms: number) {
    return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
