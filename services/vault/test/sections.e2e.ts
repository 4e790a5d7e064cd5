import {
  fromB64u,
  issueToken,
  newId,
  SubjectSealer,
  VERBS,
  type OpenSectionsRequest,
  type SealedBox,
  type SubjectKey,
  type VerbCaller,
} from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { Issuer } from './issuer.js';
import { startInstallation, type Installation } from './installation.js';
import { ReaderPart } from './reader-part.js';

let installation: Installation;
let callers: { policy: VerbCaller; control: VerbCaller };
let reader: ReaderPart;
let person: { subject: string; key: SubjectKey };

const CANARY = 'canary-of-an-argument-4711';
const SECTION = {
  ip: '192.0.2.77',
  userAgent: 'canary-of-a-user-agent',
  argumentSalt: 'canary-of-a-salt',
  arguments: [[['to'], CANARY], [['cc']]],
};
const OPENED = {
  state: 'opened',
  section: { ip: '192.0.2.77', arguments: [[['to'], CANARY], [['cc']]] },
};

beforeAll(async () => {
  installation = await startInstallation();
  await Promise.all([installation.startReplica(), installation.startReplica()]);
  callers = { policy: await installation.caller('policy'), control: await installation.caller('control') };
  reader = new ReaderPart(installation, callers);
  person = await reader.person();
}, 60_000);
afterAll(() => installation.stop(), 30_000);

const reasonOf = async (request: OpenSectionsRequest): Promise<string> => {
  try {
    await reader.open(request);
    return 'opened';
  } catch (error) {
    const { code, details } = error as { code: string; details?: { reason?: string } };
    return [code, details?.reason].filter(Boolean).join(' ');
  }
};

describe('vault.v1.openSections', () => {
  it('gives what a simulation needs of each section, and neither user agent nor salt', async () => {
    verifies('B2', 'B6');
    const other = await reader.person();
    const sealer = new SubjectSealer();
    const { org } = reader;
    const boxes = [0, 1, 2].map((n) => sealer.seal(person.key, org, person.subject, { ...SECTION, n }));
    const opened = await reader.open(
      reader.request([...boxes.reverse(), reader.sealed(other, { ip: '::1', argumentSalt: null })]),
    );
    expect(opened).toEqual([
      ...[0, 1, 2].map(() => OPENED),
      { state: 'opened', section: { ip: '::1', arguments: [] } },
    ]);
  });

  it('tells each box that it can not open by itself', async () => {
    verifies('B5');
    const erased = await reader.person();
    const stranger = new ReaderPart(installation, callers);
    const theirs = await stranger.person();
    const moved = await reader.person();
    const box = reader.sealed(person, SECTION);
    const erasedBox = reader.sealed(erased, SECTION);
    await installation.database.query('DELETE FROM subject_keys WHERE subject = $1', [erased.subject]);
    const cases: [string, SealedBox, string][] = [
      ['its own', box, 'opened'],
      ['one whose key was destroyed', erasedBox, 'erased'],
      ["another organisation's", stranger.sealed(theirs, SECTION), 'erased'],
      ['said to be about somebody else', { ...box, subject: moved.subject }, 'erased'],
      [
        "another person's, under this key",
        { ...reader.sealed(moved, SECTION), ...idOf(person) },
        'unreadable',
      ],
      ['sealed for another organisation', reader.sealed(person, SECTION, newId()), 'unreadable'],
      ['of another number', { ...box, seq: 1 }, 'unreadable'],
      ['cut short', { ...box, ciphertext: box.ciphertext.slice(0, -4) }, 'unreadable'],
      ['that is no text of bytes', { ...box, ciphertext: 'A' }, 'unreadable'],
      ['that holds something else', reader.sealed(person, { ip: 5 }), 'unreadable'],
    ];
    const opened = await reader.open(reader.request(cases.map(([, it]) => it)));
    expect(opened.map(({ state }, index) => [cases[index]?.[0], state])).toEqual(
      cases.map(([name, , state]) => [name, state]),
    );
  });

  it.each<[string, (box: SealedBox) => Partial<OpenSectionsRequest>, string]>([
    [
      'an assertion of another organisation',
      () => ({ assertion: reader.assertion({ org: newId() }) }),
      'FORBIDDEN organisation',
    ],
    [
      'an assertion of another person',
      () => ({ assertion: reader.assertion({ sub: newId() }) }),
      'FORBIDDEN reader',
    ],
    [
      'an assertion of another session',
      () => ({ assertion: reader.assertion({ sid: newId() }) }),
      'FORBIDDEN session',
    ],
    ['an assertion that is over', () => ({ assertion: late().assertion() }), 'UNAUTHENTICATED expired'],
    ['an assertion that policy has made', () => ({ assertion: forgedAssertion() }), 'UNAUTHENTICATED tag'],
    [
      'an assertion made for policy',
      () => ({ assertion: assertionFor('policy') }),
      'UNAUTHENTICATED unknown_key',
    ],
    ['a leave of another organisation', () => reader.leave({ org: newId() }), 'FORBIDDEN organisation'],
    [
      'a receipt of another leave',
      () => ({ receipt: reader.leave().receipt }),
      'FORBIDDEN receipt_of_other_grant',
    ],
    ['a leave that is over', () => late().leave(), 'UNAUTHENTICATED expired'],
    [
      'another reply key than the leave has',
      () => reader.leave({ rkh: 'A'.repeat(43) }),
      'FORBIDDEN reply_key',
    ],
    ['a grant of a call in place of a leave', () => grantInPlace(), 'UNAUTHENTICATED type'],
    [
      'more boxes than the leave is for',
      (box) => ({ ...reader.leave({ boxes: 1 }), boxes: [box, box] }),
      'FORBIDDEN boxes',
    ],
    [
      'a batch beyond what the leave is for',
      () => ({ ...reader.leave({ boxes: 256 }), batch: 1 }),
      'FORBIDDEN boxes',
    ],
  ])('opens nothing with %s', async (_what, change, wanted) => {
    verifies('B2', 'B3', 'D3');
    const box = reader.sealed(person, SECTION);
    expect(await reasonOf(reader.request([box], change(box)))).toBe(wanted);
  });

  it('serves each batch of a leave once, however many ask at once of however many replicas', async () => {
    verifies('B2');
    const box = reader.sealed(person, SECTION);
    const first = reader.request([box]);
    const results = await Promise.all(Array.from({ length: 12 }, () => reasonOf(first)));
    expect(results.sort()).toEqual([...Array.from({ length: 11 }, () => 'GRANT_CONSUMED'), 'opened']);
    expect(await reasonOf({ ...first, batch: 1 })).toBe('opened');
    expect(await reasonOf({ ...first, boxes: [box, box] })).toBe('GRANT_CONSUMED');
  });

  it('serves policy alone', async () => {
    const request = reader.request([reader.sealed(person, SECTION)]);
    for (const service of ['gateway', 'control', 'audit'] as const) {
      await expect(reader.open(request, await installation.caller(service))).rejects.toMatchObject({
        code: expect.stringMatching(/UNAUTHENTICATED|UNAVAILABLE/),
      });
    }
    expect(await reasonOf(request)).toBe('opened');
  });

  it('leaves credentials shut to whoever has leave to read', async () => {
    verifies('B2');
    const { reading, receipt } = reader.leave();
    const { replyKey } = reader.request([]);
    const gateway = await installation.caller('gateway');
    await expect(gateway.call(VERBS.open, { grant: reading, receipt, replyKey })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  it('shows nothing of a section to the broker, or to a log', () => {
    verifies('B3', 'P5');
    const seen = Buffer.concat([...installation.wire, Buffer.from(installation.logs.join('\n'))]);
    expect(seen.includes(`${VERBS.openSections.subject}\n`)).toBe(true);
    expect(installation.logs.length).toBeGreaterThan(0);
    for (const value of [CANARY, SECTION.userAgent, SECTION.argumentSalt, SECTION.ip]) {
      expect(seen.includes(value)).toBe(false);
      expect(seen.includes(Buffer.from(value).toString('base64url').slice(2, -2))).toBe(false);
    }
  });
});

/** The same organisation, two minutes ago. */
function late(): ReaderPart {
  const issuer = new Issuer(installation.trust, () => new Date(Date.now() - 120_000));
  return new ReaderPart({ ...installation, issuer }, callers, reader.org);
}

const idOf = ({ subject, key }: { subject: string; key: SubjectKey }) => ({ subject, keyId: key.keyId });

/** In control's name, with what policy has. */
function forgedAssertion(): string {
  const { issuer } = installation;
  const claims = JSON.parse(fromB64u(reader.assertion().split('.')[1] ?? '').toString('utf8')) as object;
  return issuer.forged('pc-principal+jwt', claims, 'policy', issuer.control);
}

function assertionFor(audience: 'policy'): string {
  const { org, sub, sid } = reader;
  const who = { act: { client: null, agent: null }, kind: 'user', scopes: [], amr: [], gen: 1 } as const;
  return issueToken(installation.issuer.control, 'pc-principal+jwt', audience, {
    ...who,
    scopes: [],
    amr: [],
    org,
    sub,
    sid,
  });
}

function grantInPlace(): Partial<OpenSectionsRequest> {
  const { grant, receipt } = installation.issuer.pair({ org: reader.org, sub: reader.sub, sid: reader.sid });
  return { reading: grant, receipt };
}
