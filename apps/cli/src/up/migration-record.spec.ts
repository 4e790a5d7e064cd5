import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MigrationRecord } from './migration-record.js';

let cluster: string;

beforeEach(() => {
  cluster = mkdtempSync(join(tmpdir(), 'portcullis-migrated-'));
});

afterEach(() => rmSync(cluster, { recursive: true, force: true }));

it('knows for each service whether its present program has migrated this cluster', () => {
  expect(new MigrationRecord(cluster, 'vault').isUpToDate()).toBe(false);
  new MigrationRecord(cluster, 'vault').keep();
  expect(new MigrationRecord(cluster, 'vault').isUpToDate()).toBe(true);
  expect(new MigrationRecord(cluster, 'audit').isUpToDate()).toBe(false);
});

it('does not take what an earlier program has done for its own', () => {
  new MigrationRecord(cluster, 'vault').keep();
  writeFileSync(join(cluster, 'portcullis-vault-migrated'), 'fingerprint of an earlier program');
  expect(new MigrationRecord(cluster, 'vault').isUpToDate()).toBe(false);
});
