import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RECORD_TYPES, type AuditRecord } from '@portcullis/contracts';
import { verifyGoldenEvents } from '@portcullis/eventing';
import { dataHashOf } from '../append/record-log.js';
import { decodeRecord, encodeRecord, recordCodec } from './record-events.js';

const GOLDEN = join(import.meta.dirname, '../../test/golden');

/** What a record of version 1 hashes to for ever: the log proves these bytes. */
const HASHES: Record<(typeof RECORD_TYPES)[number], string> = {
  ToolCallAuthorized: 'lTgMtp6FaVeYZbMPZ2WkPkQRPUrs5Xn3Ggc6Lt3dP1g',
  ToolCallDenied: 'oRftZ35B6IlJKQK0bBF9Qwn-X8SG0LJOrb7XcfBTykk',
  ToolCallCompleted: 'xiog_C_hDMUtxt4ikCLJXcQJERJwu1BETHRDYj3QBW0',
  ToolCallInterrupted: 'OGoGNZji-6oTwypM3evrOJBCARjTJ9NLO46tYC7YeIk',
  OutcomeRecovered: '1ztDQLDpVH54PXNygDj2Fnb3yY7CT5qmnGQwUVTJZww',
  AbortedBeforeEffect: '9M4YRZzVt-FjyujuLQ_jQ6Mcc4iCQFr4nfIdLyFD2ZM',
  AdminActionAuthorized: 'rsMlt8HRWQo0RWxZs2HsEQrAaYN1zajkq2U5bQbDlvI',
  AdminActionDenied: 'do3BlypggBshI71o0-bG7zOrceOiK6q-9YPeWzQnwFE',
  AdminActionRecorded: 'vm0o0fStKwX0Mwzh-fmJaexvJv10J_b2ajq1Gb5aub8',
};

const golden = async (type: string): Promise<AuditRecord> => {
  const [entry] = JSON.parse(await readFile(join(GOLDEN, `audit.${type}.v1.json`), 'utf8')) as {
    data: AuditRecord;
  }[];
  return entry!.data;
};

describe('stored records', () => {
  it('reads every version that was ever written', async () => {
    expect(await verifyGoldenEvents(recordCodec, GOLDEN)).toBe(RECORD_TYPES.length + 1);
  });

  it.each(RECORD_TYPES)('hashes %s of version 1 as it always did', async (type) => {
    expect(dataHashOf(await golden(type))).toBe(HASHES[type]);
  });

  it('refuses an event whose type says something else than the record, and what is not one', async () => {
    const record = await golden('ToolCallDenied');
    const { data } = encodeRecord(record);
    expect(() => decodeRecord({ type: 'audit.ToolCallAuthorized.v1', data })).toThrow();
    expect(() => decodeRecord({ type: 'audit.ToolCallDenied.v2', data })).toThrow();
    expect(() => encodeRecord({ ...record, answer: 'the customer list' } as AuditRecord)).toThrow();
  });
});
