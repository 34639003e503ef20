/** Starts the page: the look first, so that nothing flashes, then React. */

import "./styles/base.css"
import "./styles/shell.css"
import "./styles/buttons.css"
import "./styles/pills.css"
import "./styles/cards.css"
import "./styles/notices.css"
import "./styles/people.css"
import "./styles/record.css"
import "./styles/phone.css"
import "./styles/activity.css"
import "./styles/apps.css"
import "./styles/overlays.css"
import {StrictMode} from "react"
import {createRoot} from "react-dom/client"
import {Page} from "./page"
import {Safety} from "./safety"
import {applyTheme} from "./theme"

applyTheme()
const root = document.getElementById("page")
if (root === null) throw new Error("index.html has no #page")
createRoot(root).render(
    <StrictMode>
        <Safety>
            <Page />
        </Safety>
    </StrictMode>
)
