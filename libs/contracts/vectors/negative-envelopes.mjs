// node libs/contracts/vectors/negative-envelopes.mjs > libs/contracts/vectors/envelope-negative.json
// Makes, from the envelope of envelope.json, what must not open: every field changed, cut, exchanged or moved to another
// place. The form is Wycheproof's. Deterministic, so that a difference in the file is a difference in the format.
import { createCipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

const v = JSON.parse(readFileSync(new URL('envelope.json', import.meta.url), 'utf8'));
const hex = (text) => Buffer.from(text, 'hex');
const stored = hex(v.envelopeHex);
const LAYOUT = [
  ['version', 1],
  ['ownerKeyId', 16],
  ['ownerKeyVersion', 8],
  ['salt', 32],
  ['com', 32],
  ['wrapSalt', 32],
  ['wrapIv', 12],
  ['wrappedDek', 32],
  ['wrapTag', 16],
  ['iv', 12],
  ['ciphertext', Buffer.byteLength(v.plaintext)],
  ['tag', 16],
];
const places = {};
LAYOUT.reduce((at, [name, size]) => {
  places[name] = [at, at + size];
  return at + size;
}, 0);

const tests = [];
/** What differs from the valid case: other stored bytes, another AAD, another owner key. */
function add(flag, comment, { envelope = stored, aad = {}, ownerKeyHex = v.ownerKeyHex } = {}) {
  tests.push({
    ...{ tcId: tests.length + 1, comment, flags: [flag], result: flag === 'Valid' ? 'valid' : 'invalid' },
    ...{ aad: { ...v.aad.fields, ...aad }, ownerKeyHex, envelopeHex: Buffer.from(envelope).toString('hex') },
  });
}
function edited(name, edit) {
  const [from, to] = places[name];
  const copy = Buffer.from(stored);
  edit(copy.subarray(from, to));
  return copy;
}

add('Valid', 'as it was sealed');
for (const [name] of LAYOUT) {
  add('ModifiedField', `${name}: first bit`, { envelope: edited(name, (part) => (part[0] ^= 0x80)) });
  add('ModifiedField', `${name}: last bit`, {
    envelope: edited(name, (part) => (part[part.length - 1] ^= 1)),
  });
  add('ModifiedField', `${name}: zeros`, { envelope: edited(name, (part) => part.fill(0)) });
  add('ModifiedField', `${name}: ones`, { envelope: edited(name, (part) => part.fill(0xff)) });
}
for (const [a, b] of [
  ['salt', 'com'],
  ['salt', 'wrapSalt'],
  ['iv', 'wrapIv'],
  ['tag', 'wrapTag'],
]) {
  const copy = Buffer.from(stored);
  stored.copy(copy, places[a][0], ...places[b]);
  stored.copy(copy, places[b][0], ...places[a]);
  add('ExchangedFields', `${a} and ${b}`, { envelope: copy });
}
add('Length', 'nothing', { envelope: Buffer.alloc(0) });
add('Length', 'one byte', { envelope: stored.subarray(0, 1) });
add('Length', 'without the last byte', { envelope: stored.subarray(0, -1) });
add('Length', 'without the tag', { envelope: stored.subarray(0, -16) });
add('Length', 'one byte less than an envelope of nothing', { envelope: stored.subarray(0, 208) });
add('Length', 'one byte more', { envelope: Buffer.concat([stored, Buffer.of(0)]) });
add('Length', 'twice', { envelope: Buffer.concat([stored, stored]) });

const OTHER = '01BX5ZZKBKACTAV9WEVGEMMVZZ';
const FIELDS = {
  ...{ purpose: 'oauth-token', org: OTHER, ownerKind: 'organisation', owner: OTHER, srv: OTHER },
  ...{ slot: 'token2', secretId: OTHER, recordVersion: 3, dst: 'https://mcp.slack.example:8443' },
};
for (const [field, value] of Object.entries(FIELDS)) add('OtherPlace', field, { aad: { [field]: value } });
add('OtherPlace', 'no server', { aad: { srv: null } });
add('OtherPlace', 'an older version of the record', { aad: { recordVersion: 1 } });
add('OtherPlace', 'a destination that begins alike', { aad: { dst: `${v.aad.fields.dst}.evil.example` } });
add('OtherPlace', 'slot and purpose exchanged', { aad: { slot: 'credential', purpose: 'token' } });
add('OtherKey', 'zeros', { ownerKeyHex: '00'.repeat(32) });
add('OtherKey', 'one bit', {
  ownerKeyHex: hex(v.ownerKeyHex)
    .map((byte, at) => (at === 31 ? byte ^ 1 : byte))
    .toString('hex'),
});

// Whoever has the owner key makes an envelope whose every tag is right, and whose commitment is not.
const aad = hex(v.aad.hex);
const dek = hex(v.entropy.dekHex);
const salt = hex(v.entropy.saltHex);
const prk = createHmac('sha256', salt).update(dek).digest();
const kEnc = createHmac('sha256', prk)
  .update(Buffer.concat([Buffer.from('pc/enc/v1'), createHash('sha256').update(aad).digest(), Buffer.of(1)]))
  .digest();
const lp = (...parts) =>
  Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
/** Parts of the AAD: LP(label) ‖ LP(suite) ‖ LP(purpose) ‖ LP(org) ‖ … */
const parts = [];
for (let at = 0; at < aad.length; at += 4 + aad.readUInt32BE(at))
  parts.push(aad.subarray(at + 4, at + 4 + aad.readUInt32BE(at)));
const [, , , org, , , , , secretId, recordVersion] = parts;

function committedTo(com) {
  const cipher = createCipheriv('aes-256-gcm', kEnc, hex(v.entropy.ivHex)).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update('another meaning.....'), cipher.final()]);
  const part = (name) => stored.subarray(...places[name]);
  const dekAad = lp(
    ...[Buffer.from('portcullis/dek/v1'), org, part('ownerKeyId'), part('ownerKeyVersion')],
    ...[secretId, recordVersion, com],
  );
  const kek = Buffer.from(
    hkdfSync('sha256', hex(v.ownerKeyHex), hex(v.entropy.wrapSaltHex), 'pc/wrap/v1', 32),
  );
  const wrapping = createCipheriv('aes-256-gcm', kek, hex(v.entropy.wrapIvHex)).setAAD(dekAad);
  const wrapped = Buffer.concat([wrapping.update(dek), wrapping.final()]);
  return Buffer.concat([
    ...[part('version'), part('ownerKeyId'), part('ownerKeyVersion'), salt, com],
    ...[hex(v.entropy.wrapSaltHex), hex(v.entropy.wrapIvHex), wrapped, wrapping.getAuthTag()],
    ...[hex(v.entropy.ivHex), ciphertext, cipher.getAuthTag()],
  ]);
}
add('Commitment', 'to nothing, everything else made to fit', { envelope: committedTo(Buffer.alloc(32)) });
add('Commitment', 'of the salt, everything else made to fit', { envelope: committedTo(salt) });

const groups = { algorithm: 'portcullis envelope v1 (A256GCM-HKDF-SHA256)', numberOfTests: tests.length };
process.stdout.write(
  `${JSON.stringify({ ...groups, testGroups: [{ type: 'EnvelopeOpen', tests }] }, null, 2)}\n`,
);
