/** The app's record actions as buttons. What they show, they show themselves. */

import {press, useActions} from "../app-realm"
import {Icon, iconFor} from "../icons"

export function ActionButtons({recordId}: {recordId: string}) {
    const found = useActions()
    if (found.state === "loading") return <div className="actions" aria-hidden="true" />
    if (found.state === "broken") {
        return (
            <p className="actions problem" role="alert">
                The app cannot be loaded: {found.message}
            </p>
        )
    }
    return (
        <div className="actions">
            {found.actions.map((action) => {
                const isRunning = found.running.has(action.id)
                return (
                    <button
                        key={action.id}
                        type="button"
                        className="primary"
                        // Disabled for real it would lose the focus, and a dialog could not give it back.
                        aria-disabled={isRunning}
                        onClick={isRunning ? undefined : () => void press(action, recordId)}
                    >
                        {isRunning ? (
                            <span className="spinner" aria-hidden="true" />
                        ) : (
                            <Icon name={iconFor(action.icon)} />
                        )}
                        {action.label}
                    </button>
                )
            })}
        </div>
    )
}
