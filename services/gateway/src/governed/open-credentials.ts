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
  type VerbCalls,
} from '@portcullis/contracts';
import { OpenedCredentials } from '../credentials/opened-credentials.js';
import { remainingMs, type Allowed, type GovernedCall, type RecordedIntent } from './governed-call.js';

interface KeptChannel {
  /** Key ids of both ends. */
  ends: string;
  channel: SealedChannel;
}

/** Step 8: the vault opens against grant and receipt, and seals its answer to this replica's reply key. */
export class OpenCredentials {
  private kept: KeptChannel | undefined;

  constructor(
    private readonly caller: VerbCalls,
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
    const plaintext = this.channelTo(replyKey).open(openSealing(request), fromB64u(sealed));
    try {
      return parse(plaintext);
    } finally {
      plaintext.wipe();
    }
  }

  /**
   * The Diffie-Hellman value is the dear part, and one does for all calls with the same reply key. Nobody holds a channel
   * over a wait, so the one that is replaced can be wiped.
   */
  private channelTo(replyKey: ReplyKey): SealedChannel {
    const vault = this.keyring.sealKeyOf('vault');
    const ends = `${replyKey.kid} ${vault.kid}`;
    if (this.kept?.ends === ends) return this.kept.channel;
    this.kept?.channel.wipe();
    this.kept = { ends, channel: new SealedChannel(replyKey, vault) };
    return this.kept.channel;
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
