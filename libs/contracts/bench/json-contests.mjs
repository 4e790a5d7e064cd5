import { createHash, randomBytes } from 'node:crypto';
import { argumentDigest, canonicalJson, parseIJson } from '@portcullis/contracts';
import { LARGE, message, SMALL } from './sample-message.mjs';

export function digests() {
  const salt = randomBytes(32);
  return [SMALL, LARGE].map((records) => {
    const args = message(records).params.arguments;
    const size = JSON.stringify(args).length;
    return {
      metric: `argument digest of ${size} B / SHA-256 of JSON.stringify`,
      subject: () => argumentDigest(salt, 'send_message', args),
      baseline: () => createHash('sha256').update(JSON.stringify(args)).digest('base64url'),
    };
  });
}

export function json() {
  return [SMALL, LARGE].flatMap((records) => {
    const value = message(records);
    const bytes = Buffer.from(JSON.stringify(value));
    const size = `${bytes.byteLength} B`;
    return [
      {
        metric: `parseIJson of ${size} / JSON.parse`,
        subject: () => parseIJson(bytes),
        baseline: () => JSON.parse(bytes.toString('utf8')),
      },
      {
        metric: `canonicalJson of ${size} / JSON.stringify`,
        subject: () => canonicalJson(value),
        baseline: () => JSON.stringify(value),
      },
    ];
  });
}
