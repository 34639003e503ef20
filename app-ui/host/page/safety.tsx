/** When the page itself fails: says so, instead of leaving an empty window. */

import {Component, type ReactNode} from "react"
import {Notice} from "./notice"

export class Safety extends Component<{children: ReactNode}, {message: string | null}> {
    override state = {message: null}

    static getDerivedStateFromError(error: unknown) {
        return {message: error instanceof Error ? error.message : String(error)}
    }

    override render() {
        if (this.state.message === null) return this.props.children
        return (
            <Notice icon="warning" title="This page met a fault of its own" isWholePage>
                <p>{this.state.message}</p>
                <button type="button" onClick={() => location.reload()}>
                    Reload
                </button>
            </Notice>
        )
    }
}
