// May USER_ID call SERVER/TOOL? Over NATS: node check-over-nats.ts USER_ID SERVER TOOL
import { readFileSync } from 'node:fs';
import { PolicyClient, Secret, type Requester } from '@portcullis/contracts';
import { connect, headers, nkeyAuthenticator } from '@nats-io/transport-node';

const { NATS_URL, NATS_SEED_FILE, POLICY_TOKEN_FILE } = process.env as Record<string, string>;
const [, , principal = '', server = '', tool = ''] = process.argv;

const connection = await connect({
  servers: NATS_URL,
  authenticator: nkeyAuthenticator(readFileSync(NATS_SEED_FILE!)),
  // The user `tool` may listen here and nowhere else.
  inboxPrefix: '_INBOX_tool',
});

const requester: Requester = {
  async request(subject, message, timeoutMs) {
    const sent = headers();
    for (const [name, value] of Object.entries(message.headers)) sent.set(name, value);
    const answer = await connection.request(subject, message.body, { timeout: timeoutMs, headers: sent });
    const received = (answer.headers?.keys() ?? []).map((name) => [name, answer.headers!.get(name)]);
    return { body: answer.data, headers: Object.fromEntries(received) };
  },
};

const policy = new PolicyClient(requester, Secret.of(readFileSync(POLICY_TOKEN_FILE!, 'utf8').trim()));
const question = { principal, operation: 'tool.call' as const, server, tool, arguments: {}, context: {} };
const { decision, message } = await policy.check(question);
console.log(JSON.stringify({ decision, message }));
await connection.close();
