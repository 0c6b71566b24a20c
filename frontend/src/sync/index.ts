/** What the app uses of the sync part. */
export type { Diagnosis, ReasonCode } from "./diagnosis"
export { EventStream, type DocumentChange, type UserEvent } from "./events"
export { type Memory, memoryOf } from "./memory"
export { WeftProvider, type ProviderOptions } from "./provider"
export { browserSharing } from "./sharing"
export type { EndReason, Status } from "./status"
export type { TransportKind } from "./transport"
