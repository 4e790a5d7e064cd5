import { randomBytes } from 'node:crypto';
import { startProgram } from './child-program.mjs';
import { connectServers } from './connect-servers.mjs';
import { installation } from './installation.mjs';

export const DELAY_MS = 20;

/** Far above what one machine does: the limits are not what is measured. */
const UNLIMITED = Object.fromEntries(
  [
    ...['PRINCIPAL', 'TOOL', 'ORGANISATION'].map((what) => `PORTCULLIS_SET_GATEWAY_RATE_${what}`),
    ...['USER', 'SERVER', 'ORGANISATION'].map(
      (what) => `PORTCULLIS_SET_VAULT_VAULT_OPENS_PER_SECOND_${what}`,
    ),
  ].map((name) => [name, '100000']),
);

/**
 * All ways from the same load to the same upstream. Each has an address for the upstream that answers at once and for
 * the slow one, the credential that it wants of its client, and the processes that a call takes.
 */
export async function startContenders(say) {
  const running = [];
  const close = async () => {
    for (const each of running.reverse()) await each.stop();
  };
  const program = async (name, env) => {
    const started = await startProgram(name, env);
    running.push(started);
    return started;
  };
  try {
    const token = randomBytes(32).toString('base64url');
    const upstream = await program('upstream', { BENCH_TOKEN: token, UPSTREAM_DELAY_MS: String(DELAY_MS) });
    const load = await program('load');
    const wire = await program('wire-proxy', { UPSTREAM: upstream.url });
    const sdk = await program('sdk-proxy', { UPSTREAM: upstream.url });
    say('gateway: starting an installation');
    const { host } = new URL(upstream.url);
    const up = installation({ ...UNLIMITED, PORTCULLIS_SET_GATEWAY_EGRESS_ALLOW: host });
    running.push({ stop: () => up.remove() });
    const { report } = await up.start();
    const urls = await connectServers(report, upstream.url, token);
    const common = { 'the load': load.pid, upstream: upstream.pid };
    const portcullis = {
      credential: { authorization: `Bearer ${report.apiKey}` },
      pids: { ...report.pids, ...common },
    };
    const contenders = {
      direct: { ...plain(upstream.url), pids: common },
      'wire proxy': { ...plain(wire.url), pids: { 'wire proxy': wire.pid, ...common } },
      'SDK proxy': { ...plain(sdk.url), pids: { 'SDK proxy': sdk.pid, ...common } },
      'Portcullis with credential': { ...portcullis, urls: urls.withCredential },
      'Portcullis without': { ...portcullis, urls: urls.without },
    };
    return { contenders, load, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const plain = (base) => ({ credential: {}, urls: { instant: `${base}/instant`, slow: `${base}/slow` } });
