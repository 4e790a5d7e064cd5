import {
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

function parse(plaintext: Secret): OpenedCredentials {
  const values = openedCredentialsSchema.parse(JSON.parse(plaintext.revealText()));
  return new OpenedCredentials(
    new Map(Object.entries(values).map(([slot, value]) => [slot, Secret.of(value)])),
  );
}
