/** Turns the stable code of a problem into a sentence for the person in front of the screen. The one place that does. */

import type {Problem} from "./result"
import {words} from "./words"

type KnownCode = keyof typeof words.problems

/** Ends with the code, so that what a person reads out to support finds its place in the logs. */
export function sentence({code, detail}: Pick<Problem, "code" | "detail">): string {
    return `${explain(code, detail)} (${code})`
}

function explain(code: string, detail: string | null): string {
    if (!isKnown(code)) return detail ?? words.problems.unexpected
    // Only this one's detail says more to a person than our own words do: which attribute it is.
    if (code === "attribute_type_differs" && detail !== null) return `${words.problems[code]} ${detail}`
    return words.problems[code]
}

function isKnown(code: string): code is KnownCode {
    return Object.prototype.hasOwnProperty.call(words.problems, code)
}
