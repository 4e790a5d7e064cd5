import { AppError } from '@portcullis/contracts';

interface FaultKind {
  /** Completes "The key … can not be used: …". */
  readonly words: string;
  /** The service may do it a moment later: tried again, and counted by the circuit. */
  readonly passing: boolean;
}

const passing = (words: string): FaultKind => ({ words, passing: true });
const lasting = (words: string): FaultKind => ({ words, passing: false });

/** Why a service does not do what is asked. Nothing of what it says in words is passed on: it might repeat what it was sent. */
const FAULTS = {
  unreachable: passing('its service can not be reached'),
  timeout: passing('its service did not answer in time'),
  throttled: passing('its service is throttling'),
  failing: passing('its service failed'),
  sealed: passing('its service is sealed'),
  standby: passing('its service is a standby that does not serve'),
  garbled: passing('its service gave an answer that does not fit the question'),
  denied: lasting('its service does not accept or permit us'),
  disabled: lasting('it is disabled, or is to be destroyed'),
  missing: lasting('its service does not have it'),
  retired: lasting('this version of it is not available any more'),
  unsuitable: lasting('it is of a kind that must not be used for this'),
  refused: lasting('its service refuses the request'),
  unopenable: lasting('it does not open this'),
} as const satisfies Record<string, FaultKind>;

export type KeyFaultReason = keyof typeof FAULTS;

/** What an adapter throws for one attempt. `note` is our own or a checked code (`ThrottlingException`, `503`), never free text. */
export class KeyFault extends Error {
  constructor(
    readonly reason: KeyFaultReason,
    readonly note = '',
  ) {
    super(note === '' ? reason : `${reason} (${note})`);
    this.name = 'KeyFault';
  }

  get passing(): boolean {
    return FAULTS[this.reason].passing;
  }

  /** As a caller of the port is told. */
  toError(reference: string): AppError {
    if (this.reason === 'unopenable')
      return new AppError('DECRYPTION_FAILED', 'The key can not be unwrapped.', { cause: this });
    const message = `The key "${reference}" can not be used: ${FAULTS[this.reason].words}.`;
    return keyUnavailable(reference, this.reason, message, this);
  }
}

export const keyUnavailable = (key: string, reason: string, message: string, cause?: Error): AppError =>
  new AppError('KEY_UNAVAILABLE', message, { details: { key, reason }, ...(cause ? { cause } : {}) });
