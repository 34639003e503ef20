/** What Attio puts behind `attio/client`, as far as the app uses it: what a test wants to watch is a mock. */

import {vi} from "vitest"

export const hideToast = vi.fn(async () => {})
export const showToast = vi.fn(async () => ({hideToast}))
export const alert = vi.fn(async () => {})
export const runQuery = vi.fn()
export const Extensions = {defineExtension: <Extension>(extension: Extension) => extension}
