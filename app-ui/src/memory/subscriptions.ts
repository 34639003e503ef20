/**
 * Which of our webhook handlers is known at ALC under which id, and the secret ALC signs with, in the app's key-value
 * store. The secret is ALC's and is told once, so it is kept here and nowhere else. There are several while a
 * workspace reconnects: the old connection's callbacks stay good until it is removed.
 */

import {kv} from "attio/server"
import {isObject} from "../json"

const KEY = "subscriptions"

export type Subscription = {
    handlerId: string
    webhookId: string
    secret: string
    connectionId: string
}

export async function listSubscriptions(): Promise<Subscription[]> {
    const entry = await kv.get(KEY)
    return entry !== null && Array.isArray(entry.value) ? entry.value.filter(isSubscription) : []
}

export async function rememberSubscription(subscription: Subscription): Promise<void> {
    const others = (await listSubscriptions()).filter((each) => each.handlerId !== subscription.handlerId)
    await kv.set(KEY, [...others, subscription])
}

export async function forgetSubscription(handlerId: string): Promise<void> {
    const rest = (await listSubscriptions()).filter((each) => each.handlerId !== handlerId)
    if (rest.length === 0) await kv.delete(KEY)
    else await kv.set(KEY, rest)
}

function isSubscription(value: unknown): value is Subscription {
    return (
        isObject(value) &&
        typeof value["handlerId"] === "string" &&
        typeof value["webhookId"] === "string" &&
        typeof value["secret"] === "string" &&
        typeof value["connectionId"] === "string"
    )
}
