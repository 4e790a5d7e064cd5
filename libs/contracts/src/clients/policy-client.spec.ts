import { AppError } from '../errors/app-error.js';
import type { Decision } from '../messages/policy.js';
import { Secret } from '../sensitive/secret.js';
import { newId } from '../encoding/ids.js';
import { deriveClientKeys } from '../tokens/client-keys.js';
import { signClientReply, verifyClientRequest } from '../tokens/client-request.js';
import { issueClientToken } from '../tokens/client-token.js';
import { PolicyClient } from './policy-client.js';
import { REPLY_HEADER, REQUEST_HEADER, type Requester, type WireMessage } from './requester.js';

const ROOT = Secret.of('k'.repeat(43));
const CLIENT = newId();
const TOKEN = issueClientToken(ROOT, CLIENT, 1);
const QUESTION = {
  principal: newId(),
  operation: 'tool.call' as const,
  server: 'notes',
  tool: 'list_notes',
  arguments: null,
  context: {},
};
const ALLOW: Decision = {
  decision: 'allow',
  decisionId: newId(),
  revision: 1,
  policyDigest: 'A'.repeat(43),
  rule: 'reads',
  label: 'read',
  reasons: [],
  message: 'Allowed.',
};

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');

/** Policy's proof of an answer to a request. */
function proofOf(subject: string, sent: WireMessage, body: Uint8Array): string {
  const message = { subject, body: sent.body, jws: sent.headers[REQUEST_HEADER]! };
  const request = verifyClientRequest((id) => deriveClientKeys(ROOT, id, 1), message, new Date());
  return signClientReply(deriveClientKeys(ROOT, request.clientId, 1), request, body);
}

type Answering = (subject: string, sent: WireMessage) => WireMessage;
const answering = (answer: Answering): PolicyClient => {
  const requester: Requester = { request: (subject, message) => Promise.resolve(answer(subject, message)) };
  return new PolicyClient(requester, TOKEN);
};
const proven =
  (value: unknown): Answering =>
  (subject, sent) => {
    const body = encode(value);
    return { body, headers: { [REPLY_HEADER]: proofOf(subject, sent, body) } };
  };
const error = (code: string) => ({ error: { code, message: 'no' } });
const codeOf = (client: PolicyClient): Promise<string> =>
  client.check(QUESTION).then(
    ({ decision }) => decision,
    (thrown: AppError) => thrown.code,
  );

describe('a policy client', () => {
  it('believes what policy has proven to be the answer to its request', async () => {
    expect(await answering(proven(ALLOW)).check(QUESTION)).toEqual(ALLOW);
    expect(await codeOf(answering(proven(error('STALE'))))).toBe('STALE');
  });

  it.each<[string, Answering]>([
    ['an answer without a proof', () => ({ body: encode(ALLOW), headers: {} })],
    ['an error without a proof', () => ({ body: encode(error('STALE')), headers: {} })],
    [
      'an answer other than the proven one',
      (subject, sent) => ({
        body: encode(ALLOW),
        headers: { [REPLY_HEADER]: proofOf(subject, sent, encode({ ...ALLOW, decision: 'deny' })) },
      }),
    ],
    ['what is no JSON', () => ({ body: Buffer.from('{'), headers: {} })],
    ['a proven answer that is none', proven({ ...ALLOW, decision: 'yes' })],
  ])('does not believe %s', async (_name, answer) => {
    expect(await codeOf(answering(answer))).toBe('UNAVAILABLE');
  });

  it('does not believe the answer to an earlier request, equal as it may be', async () => {
    let first: WireMessage | undefined;
    const replaying = answering((subject, sent) => (first ??= proven(ALLOW)(subject, sent)));
    expect(await codeOf(replaying)).toBe('allow');
    expect(await codeOf(replaying)).toBe('UNAVAILABLE');
  });

  it('is told that it is unknown by whoever can prove nothing to it', async () => {
    expect(await codeOf(answering(() => ({ body: encode(error('UNAUTHENTICATED')), headers: {} })))).toBe(
      'UNAUTHENTICATED',
    );
  });

  it('sends nothing that is too large', async () => {
    let sent = 0;
    const counting = answering(() => {
      sent += 1;
      return { body: encode(ALLOW), headers: {} };
    });
    const large = { ...QUESTION, arguments: { text: 'x'.repeat(950 * 1024) } };
    await expect(counting.check(large)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(sent).toBe(0);
  });
});
