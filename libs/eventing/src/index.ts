export { connectEventStore, type EventStoreConnection } from './eventstore-client.js';
export type {
  AppendOptions,
  AppendResult,
  EventStore,
  ExpectedRevision,
  JsonValue,
  NewEvent,
  ReadOptions,
  StoredEvent,
  SubscribeOptions,
  Subscription,
  SubscriptionHandlers,
  SubscriptionSource,
} from './store/event-store.js';
export { defineEvent, type EventDefinition } from './codec/event-definition.js';
export { eventCodec, type CodecEvent, type EncodedEvent, type EventCodec } from './codec/event-codec.js';
export type { Decider } from './commands/decider.js';
export {
  commandHandler,
  type CommandContext,
  type CommandHandler,
  type CommandHandlerOptions,
  type Handled,
  type SealEvent,
} from './commands/command-handler.js';
export {
  foldState,
  loadState,
  type ChainedEvent,
  type FoldBounds,
  type FoldedState,
  type LoadedState,
  type StreamReader,
  type VerifyHead,
  type VerifyLink,
} from './commands/event-stream.js';
export { backlogAfter, type Backlog } from './store/backlog-after.js';
export type { CheckpointStore } from './subscriptions/checkpoint-store.js';
export type { BackoffOptions } from './subscriptions/backoff.js';
export {
  runSubscription,
  type RunningSubscription,
  type RunSubscriptionOptions,
  type SubscriptionStatus,
} from './subscriptions/run-subscription.js';
export { specify, type Then } from './testing/decider-specification.js';
export { verifyGoldenEvents } from './testing/golden-events.js';
