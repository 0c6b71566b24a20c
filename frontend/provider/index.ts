/** `@weft/provider`: what the app's own `src/sync` offers to programs elsewhere. See README.md beside this file. */
export type { Diagnosis, ReasonCode } from "../src/sync/diagnosis"
export type { Change, Debt, Kept, Shelf } from "../src/sync/localCopy"
export { type Memory, memoryOf } from "../src/sync/memory"
export { type ProviderOptions, WeftProvider } from "../src/sync/provider"
export type { EndReason, Status } from "../src/sync/status"
export type { TransportKind } from "../src/sync/transport"
