import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifies } from '../../../tools/verifies.js';
import { eventually } from './eventually.js';
import { faultsIn, findingOf, reportOn, runDoctor, skippedIn } from './run-doctor.js';
import { runUp, type RunningUp } from './run-up.js';
import { CONSEQUENCES, whileStopped } from './stopped-part.js';

let root: string;
let data: string;
let running: RunningUp;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-doctor-'));
  data = join(root, 'data');
  running = await runUp(data);
}, 120_000);

afterAll(async () => {
  if (running?.process.exitCode === null) await running.end('SIGTERM');
  rmSync(root, { recursive: true, force: true });
}, 60_000);

/** Every secret value of the installation: what is in its secret files, and the keys that were shown at the first start. */
function secretValues(): string[] {
  const { apiKey, adminKey } = running.report as unknown as { apiKey: string; adminKey: string };
  const files = ['secrets', 'keys', 'nats'].flatMap((folder) =>
    readdirSync(join(data, folder))
      .filter((name) => !/sha256|nats\.conf|bundle|\.crt$/.test(name))
      .map((name) => readFileSync(join(data, folder, name), 'utf8').trim()),
  );
  const values = files.flatMap((text) =>
    text.startsWith('{') ? (text.match(/(?<="(?:privateKey|password|key)":")[^"]+/g) ?? []) : [text],
  );
  return [apiKey, adminKey, ...values];
}

describe('portcullis doctor', () => {
  it('finds a healthy installation well, shows no secret, and takes seconds', async () => {
    verifies('P5');
    // What was started just now may still have to catch up.
    const { stdout, stderr, tookMs } = await eventually(async () => {
      const run = await runDoctor('--data', data);
      expect(run).toMatchObject({ code: 0 });
      return run;
    }, 60_000);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ok +nats .*6 users were let in$/m);
    expect(stdout).toMatch(/^ok +schema-audit /m);
    expect(stdout).toMatch(/^info +seal +records are not sealed/m);
    expect(secretValues().length).toBeGreaterThan(35);
    expect(secretValues().filter((value) => stdout.includes(value))).toEqual([]);
    // 10 s on a machine of its own; tests share theirs.
    expect(tookMs).toBeLessThan(30_000);
  }, 120_000);

  it('names PostgreSQL when it is stopped, and what follows from it, without hanging', async () => {
    const pid = running.report.pids['postgres']!;
    const report = await whileStopped(pid, () => reportOn(data));
    expect(faultsIn(report)).toEqual(['fail postgres']);
    expect(findingOf(report, 'postgres')).toMatchObject({ mend: `kill -CONT ${pid}` });
    expect(skippedIn(report).filter((check) => !CONSEQUENCES['postgres']!.includes(check))).toEqual([]);
  }, 120_000);

  it('says that nothing runs when nothing does, and still looks at the directory', async () => {
    await running.end('SIGTERM');
    chmodSync(join(data, 'keys', 'policy.json'), 0o644);
    const report = await reportOn(data);
    expect(faultsIn(report)).toEqual(['fail permissions']);
    expect(findingOf(report, 'permissions').reason).toContain('policy.json (mode 644');
    expect(skippedIn(report)).toEqual(['parts']);
  }, 60_000);

  it('ends with 2 where there is nothing to look at', async () => {
    for (const place of [join(root, 'nowhere'), root]) {
      const { code, stdout, stderr } = await runDoctor('--data', place);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(place);
    }
  });
});
