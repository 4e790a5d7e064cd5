import { randomBytes } from 'node:crypto';
import { idBytes, lp, newId, openEnvelope, sealEnvelope, secretAad, uint64be } from '@portcullis/contracts';
import { bareOpen, bareSeal } from './bare-envelope.mjs';
import { rowOf } from './rows.mjs';

/** Rates of one thread: sealing and opening a credential of 64 bytes. */
export async function envelopeRows(run) {
  const place = { org: newId(), secretId: newId(), recordVersion: 1 };
  const own = { ownerKey: randomBytes(32), ownerKeyId: newId(), ownerKeyVersion: 1 };
  const who = { purpose: 'credential', ownerKind: 'user', owner: newId(), srv: newId(), slot: 'token' };
  const aad = secretAad({ ...place, ...who, dst: 'https://mcp.example.com' });
  const plaintext = randomBytes(64);
  const dekAad = lp(
    ...[
      'portcullis/dek/v1',
      idBytes(place.org),
      idBytes(own.ownerKeyId),
      uint64be(1),
      idBytes(place.secretId),
    ],
    ...[uint64be(1), randomBytes(32)],
  );
  const bare = { aad, dekAad, ownerKey: own.ownerKey, plaintext };
  const sealed = { ours: sealEnvelope({ ...place, ...own, aad, plaintext }), bare: bareSeal(bare) };
  return [
    await rates(run, 'seal an envelope / the same primitives of node:crypto', {
      ours: () => sealEnvelope({ ...place, ...own, aad, plaintext }),
      theirs: () => bareSeal(bare),
    }),
    await rates(run, 'open an envelope / the same primitives of node:crypto', {
      ours: () => openEnvelope({ ...place, aad, ownerKey: own.ownerKey, envelope: sealed.ours }).wipe(),
      theirs: () => bareOpen(bare, sealed.bare),
    }),
  ];
}

async function rates(run, metric, { ours, theirs }) {
  const rounds = [];
  const options = { seconds: run.quick ? 0.1 : 0.3, warmupSeconds: 0.1 };
  for (let round = 0; round < 7; round += 1) {
    const [a, b] = [await run.measure(ours, options), await run.measure(theirs, options)];
    rounds.push({ value: a.perSecond, baseline: b.perSecond });
  }
  return { ...rowOf(metric, rounds), unit: '1/s', goal: '≥ 0.6 ×' };
}
