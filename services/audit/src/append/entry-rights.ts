import {
  ADMIN_OPERATIONS,
  AppError,
  OPERATIONS,
  type AppendEntry,
  type ServiceName,
} from '@portcullis/contracts';

type Kind = AppendEntry['kind'];

/** What each service may have recorded. Whoever is not listed may have nothing recorded. */
const KINDS: Partial<Record<ServiceName, readonly Kind[]>> = {
  gateway: ['intent', 'denial', 'outcome'],
  control: ['intent', 'denial', 'fact'],
  vault: ['fact'],
  policy: ['fact'],
};

/** The operations whose grants and denials each service may bring: policy mints them for nobody else either. */
const BROUGHT_OPERATIONS: Partial<Record<ServiceName, readonly string[]>> = {
  gateway: OPERATIONS,
  control: ADMIN_OPERATIONS,
};

/** First parts of the actions that each service may state. No two services share one. */
const ACTION_PREFIXES: Partial<Record<ServiceName, readonly string[]>> = {
  policy: ['policy'],
  vault: ['secret', 'ownerKey', 'subjectKey', 'vault'],
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
