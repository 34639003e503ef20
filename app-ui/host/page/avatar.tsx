/** Initials on a colour of the person's own. */

export function Avatar({name, size = "small"}: {name: string; size?: "tiny" | "small" | "large"}) {
    const words = name.split(/\s+/).filter((word) => /\p{L}/u.test(word))
    const initials = [words[0], words.length > 1 ? words.at(-1) : undefined]
        .map((word) => /\p{L}/u.exec(word ?? "")?.[0] ?? "")
        .join("")
    return (
        <span className={`avatar avatar-${size} hue-${hue(name)}`} aria-hidden="true">
            {initials.toLocaleUpperCase() || "?"}
        </span>
    )
}

function hue(name: string) {
    let sum = 0
    for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973
    return sum % 8
}
