import {
  AppError,
  b64u,
  fromB64u,
  openedCredentialsSchema,
  openSealing,
  SealedChannel,
  Secret,
  VERBS,
  type Keyring,
  type OpenRequest,
  type ReplyKey,
  type VerbCaller,
} from '@portcullis/contracts';
import { OpenedCredentials } from '../credentials/opened-credentials.js';
import { remainingMs, type Allowed, type GovernedCall, type RecordedIntent } from './governed-call.js';

/** Step 8: the vault opens against grant and receipt, and seals its answer to this replica's reply key. */
export class OpenCredentials {
  constructor(
    private readonly caller: VerbCaller,
    private readonly keyring: Keyring,
  ) {}

  /** @throws AppError `CREDENTIAL_MISSING`, `GRANT_CONSUMED`, `RATE_LIMITED`, `KEY_UNAVAILABLE`, `UNAVAILABLE`, … */
  async run(
    call: GovernedCall,
    proof: { allowed: Allowed; intent: RecordedIntent },
    replyKey: ReplyKey,
  ): Promise<OpenedCredentials> {
    const request: OpenRequest = {
      grant: proof.allowed.grants.vault,
      receipt: proof.intent.receipt,
      replyKey: b64u(replyKey.publicKey),
    };
    const { sealed } = await this.caller.call(VERBS.open, request, { timeoutMs: remainingMs(call) });
    const channel = new SealedChannel(replyKey, this.keyring.sealKeyOf('vault'));
    const plaintext = channel.open(openSealing(request), fromB64u(sealed));
    channel.wipe();
    try {
      return parse(plaintext);
    } finally {
      plaintext.wipe();
    }
  }
}

/** No cause goes with the error: a parser's message quotes what it could not read. */
function parse(plaintext: Secret): OpenedCredentials {
  const values = openedCredentialsSchema.safeParse(parseJson(plaintext.revealText()));
  if (!values.success) throw new AppError('DECRYPTION_FAILED', 'The vault did not seal credentials.');
  return new OpenedCredentials(
    new Map(Object.entries(values.data).map(([slot, value]) => [slot, Secret.of(value)])),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
