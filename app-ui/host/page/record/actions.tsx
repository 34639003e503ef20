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
            {found.actions.map((action) => (
                <button
                    key={action.id}
                    type="button"
                    className="primary"
                    disabled={found.running.has(action.id)}
                    onClick={() => void press(action, recordId)}
                >
                    {found.running.has(action.id) ? (
                        <span className="spinner" aria-hidden="true" />
                    ) : (
                        <Icon name={iconFor(action.icon)} />
                    )}
                    {action.label}
                </button>
            ))}
        </div>
    )
}
