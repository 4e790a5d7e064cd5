import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { hex, vectors } from '../../test/vectors.js';
import { verifies } from '../../../../tools/verifies.js';
import { AppError } from '../errors/app-error.js';
import { decodeEnvelope } from './envelope-codec.js';
import { openEnvelope } from './envelope.js';
import { secretAad, type SecretAad } from './secret-aad.js';

interface NegativeTest {
  tcId: number;
  comment: string;
  flags: string[];
  result: 'valid' | 'invalid';
  aad: SecretAad;
  ownerKeyHex: string;
  envelopeHex: string;
}

const file = vectors<{ testGroups: { tests: NegativeTest[] }[] }>('envelope-negative');
const tests = file.testGroups.flatMap((group) => group.tests);

function resultOf({ aad, ownerKeyHex, envelopeHex }: NegativeTest): string {
  try {
    const { org, secretId, recordVersion } = aad;
    const envelope = decodeEnvelope(hex(envelopeHex));
    openEnvelope({ org, secretId, recordVersion, aad: secretAad(aad), ownerKey: hex(ownerKeyHex), envelope });
    return 'valid';
  } catch (error) {
    // Nothing else may come out of it: no other code, and no error of a library.
    return error instanceof AppError && error.code === 'DECRYPTION_FAILED' ? 'invalid' : String(error);
  }
}

describe('what must not open', () => {
  verifies('P1');

  it.each(tests.map((test) => [`${test.tcId} ${test.flags.join()}: ${test.comment}`, test] as const))(
    '%s',
    (_name, test) => {
      expect(resultOf(test)).toBe(test.result);
    },
  );

  it('is what the published script makes', () => {
    const script = join(import.meta.dirname, '../../vectors/negative-envelopes.mjs');
    expect(JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' }))).toEqual(file);
  });
});
