import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { verifies } from './verifies.js';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the repository', () => {
  it('is laid out as people who deploy it expect', () => {
    verifies('C1');
    const services = ['gateway', 'control', 'vault', 'policy', 'audit'].map(
      (name) => `services/${name}/package.json`,
    );
    const rest = [
      'libs/contracts/package.json',
      'infra/docker-compose.yml',
      'nx.json',
      '.env.example',
      'LICENSE',
    ];
    expect([...services, ...rest].filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(JSON.parse(read('package.json'))).toMatchObject({
      workspaces: ['libs/*', 'services/*', 'apps/*'],
    });
  });

  it('publishes a threat model that also says what is not covered', () => {
    verifies('S11');
    const [covered = '', uncovered = ''] = read('docs/threat-model.md').split('## What is not covered');
    expect(covered).toContain('## Attackers');
    expect(uncovered.match(/^- \*\*/gm)?.length).toBeGreaterThanOrEqual(8);
    expect(read('README.md')).toContain('docs/threat-model.md');
  });

  it('has no link in its documents that leads nowhere', () => {
    const documents = [
      'README.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'docs/architecture.md',
      'docs/threat-model.md',
    ];
    const broken = documents.flatMap((document) =>
      [...read(document).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)]
        .map(([, target]) => join(document, '..', target ?? ''))
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${document}: ${path}`),
    );
    expect(broken).toEqual([]);
  });
});
