/** What the app uses of the sync part. */
export { EventStream, type DocumentChange, type UserEvent } from "./events"
export { WeftProvider, type ProviderOptions } from "./provider"
export type { EndReason, Status } from "./status"
