import {
  ADMIN_OPERATIONS,
  AppError,
  idBytes,
  OPERATIONS,
  READING_OPERATION,
  type AppendEntry,
  type ServiceName,
} from '@portcullis/contracts';

type Kind = AppendEntry['kind'];

/** What each service may have recorded. Whoever is not listed may have nothing recorded. */
const KINDS: Partial<Record<ServiceName, readonly Kind[]>> = {
  gateway: ['intent', 'denial', 'outcome'],
  control: ['intent', 'denial', 'fact'],
  vault: ['fact'],
  policy: ['fact', 'reading', 'denial'],
};

/** The operations whose grants and denials each service may bring: policy mints them for nobody else either. */
const BROUGHT_OPERATIONS: Partial<Record<ServiceName, readonly string[]>> = {
  gateway: OPERATIONS,
  control: ADMIN_OPERATIONS,
  // What it reads itself: nobody else asks for it, so nobody else can have it recorded.
  policy: [READING_OPERATION],
};

/** First parts of the actions that each service may state. No two services share one. */
const ACTION_PREFIXES: Partial<Record<ServiceName, readonly string[]>> = {
  policy: ['policy'],
  vault: ['secret', 'ownerKey', 'subjectKey', 'kek', 'vault'],
  control: [
    'control',
    'directory',
    'organisation',
    'user',
    'member',
    'key',
    'session',
    'client',
    'server',
    'endpoint',
    'audit',
  ],
};

/** @throws AppError `FORBIDDEN` when this service has no business with such an entry. */
export function checkKind(caller: ServiceName, kind: Kind): void {
  if (KINDS[caller]?.includes(kind)) return;
  throw new AppError('FORBIDDEN', `The service ${caller} may not have a record of kind ${kind} made.`);
}

/** @throws AppError `FORBIDDEN` when the statement of policy is about an operation that this service doesn't perform. */
export function checkOperation(caller: ServiceName, operation: string): void {
  if (BROUGHT_OPERATIONS[caller]?.includes(operation)) return;
  throw new AppError('FORBIDDEN', `The service ${caller} does not perform ${operation}.`);
}

/** @throws AppError `FORBIDDEN` when the action is another service's to state: `policy.…` is policy's alone. */
export function checkAction(caller: ServiceName, action: string): void {
  const [first = '', second] = action.split('.');
  if (second && ACTION_PREFIXES[caller]?.includes(first)) return;
  throw new AppError('FORBIDDEN', `The action ${action} is not one that the service ${caller} may state.`);
}

/** How far an outcome's id may lie back while it is sent again and again, and how far clocks may differ, milliseconds. */
const OLDEST_MS = 7 * 86_400_000;
const NEWEST_MS = 60_000;

/**
 * The ids of other services' records, and of interruptions, are hashes that anybody can compute beforehand. Ids of the
 * gateway's records are made of the time: a hash that looks like one is a matter of one in 400,000, so the gateway
 * can't take the place of a record that is still to come.
 *
 * @param now milliseconds since the epoch. @throws AppError `FORBIDDEN`
 */
export function checkRecordId(caller: ServiceName, recordId: string, now: number): void {
  if (caller !== 'gateway') return;
  const age = now - idBytes(recordId).readUIntBE(0, 6);
  if (age > -NEWEST_MS && age < OLDEST_MS) return;
  throw new AppError('FORBIDDEN', 'A recordId of the gateway is a ULID of its own, made lately.');
}
