import { existsSync, globSync, readFileSync } from 'node:fs';
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

  it('shows in .env.example every variable of the services, and no other', () => {
    const configs = globSync('{services/*/src/config.ts,libs/platform/src/config/fields.ts}', { cwd: root });
    const namesIn = (path: string): string[] =>
      [...read(path).matchAll(/^ +([A-Z][A-Z0-9_]+):/gm)].map(([, name = '']) => name);
    // The vault's two keys have the same variables, the second one's with another beginning.
    const ofKeys = ['KEK_ID', ...namesIn('services/vault/src/settings/key-settings.ts')];
    const variables = [...configs.flatMap(namesIn), ...ofKeys.map((name) => `VAULT_${name}`)];
    // Node's own, which the vault looks at only to refuse what would open its memory.
    const known = variables.filter((name) => !name.startsWith('NODE_'));
    const shown = [...read('.env.example').matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name = '']) =>
      name.replace(/^VAULT_SECONDARY_/, 'VAULT_'),
    );
    expect(known.length).toBeGreaterThan(60);
    expect([...new Set(shown)].sort()).toEqual([...new Set(known)].sort());
  });

  it('has commands that npm can link before anything is built', () => {
    const packages = globSync('{libs,services,apps}/*/package.json', { cwd: root });
    const commands = packages.flatMap((path) =>
      Object.values((JSON.parse(read(path)) as { bin?: Record<string, string> }).bin ?? {}).map((file) =>
        join(path, '..', file),
      ),
    );
    expect(commands).toContain('apps/cli/bin/portcullis.mjs');
    expect(commands.filter((file) => file.includes('dist') || !existsSync(join(root, file)))).toEqual([]);
  });

  it('has no link in its documents that leads nowhere', () => {
    const documents = globSync('{*.md,{docs,infra}/**/*.md,{libs,services,apps}/*/*.md}', { cwd: root });
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/runbooks/deploy.md']));
    const broken = documents.flatMap((document) =>
      [...read(document).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)]
        .map(([, target]) => join(document, '..', target ?? ''))
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${document}: ${path}`),
    );
    expect(broken).toEqual([]);
  });
});
