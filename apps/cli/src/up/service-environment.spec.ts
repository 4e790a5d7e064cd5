import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openDataDirectory } from '../setup/data-directory.js';
import { serviceEnvironment, type Run } from './service-environment.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-environment-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function runWith(tuning: Run['tuning']): Run {
  const trust = { bundle: '/bundle', rootPublicKey: 'root', identity: () => '/identity' };
  return {
    data: openDataDirectory(join(root, 'data')),
    installation: { id: 'id', trust, bootstrapTokenHashFile: '/hash' },
    ports: {
      mcp: 1001,
      admin: 1002,
      policyGrpc: 1003,
      policyAuthzen: 1012,
      nats: 1004,
      eventStore: 1005,
      postgres: 1006,
      notes: 1007,
      everything: 1008,
      vaultHealth: 1009,
      policyHealth: 1010,
      auditHealth: 1011,
    },
    tuning,
    tracing: {},
    replicas: {},
  };
}

const environmentOf = (tuning: Run['tuning']) => serviceEnvironment('gateway', runWith(tuning));

it('lets the gateway reach the sample servers, and what the operator names beside them', () => {
  expect(environmentOf({})['EGRESS_ALLOW']).toBe('127.0.0.1:1007,127.0.0.1:1008');
  expect(environmentOf({ gateway: { EGRESS_ALLOW: '127.0.0.1:3000' } })['EGRESS_ALLOW']).toBe(
    '127.0.0.1:1007,127.0.0.1:1008,127.0.0.1:3000',
  );
  expect(environmentOf({ audit: { EGRESS_ALLOW: '127.0.0.1:3000' } })['EGRESS_ALLOW']).not.toContain('3000');
});

it('gives a service what the operator sets for it, except what the installation decides', () => {
  const environment = environmentOf({
    gateway: { RATE_TOOL: '5', NATS_URL: 'nats://elsewhere', HTTP_PORT: '1' },
    audit: { LOG_LEVEL: 'debug' },
  });
  expect(environment).toMatchObject({
    RATE_TOOL: '5',
    NATS_URL: 'nats://127.0.0.1:1004',
    HTTP_PORT: '1001',
    LOG_LEVEL: 'info',
  });
});
