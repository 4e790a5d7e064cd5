import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { boundaries, testBoundaries } from './tools/eslint/boundaries.mjs';
import { restrictedImports } from './tools/eslint/imports.mjs';
import { loadProjectGraph } from './tools/eslint/project-graph.mjs';
import { portcullis } from './tools/eslint/plugin.mjs';

const root = dirname(fileURLToPath(import.meta.url));
// Without a project graph the boundary rule skips itself in silence, so it is made here or the run fails.
await loadProjectGraph();

const tests = [
  '**/*.spec.ts',
  '**/*.e2e.ts',
  '**/*.long.ts',
  '**/*.contract.ts',
  '**/test/**/*.ts',
  '**/src/testing/**/*.ts',
];
const NODE_GLOBALS = [
  ...['process', 'console', 'Buffer', 'URL', 'AbortSignal', 'fetch', 'Request', 'performance'],
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
];
const size = (lines) => ({
  'max-lines': ['error', { max: lines, skipBlankLines: false, skipComments: false }],
});

export default defineConfig(
  globalIgnores(['**/node_modules', '**/dist', '**/.nx', '.tools', '**/fixtures', '**/generated']),
  js.configs.recommended,
  {
    plugins: { portcullis, '@nx': nx },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...size(250),
      'max-lines-per-function': ['error', { max: 50, IIFEs: true }],
      complexity: ['error', 10],
      'max-params': ['error', 4],
      eqeqeq: 'error',
      // Text that must not hold control characters is refused by patterns that name them.
      'no-control-regex': 'off',
      'portcullis/folder-names': 'error',
      'portcullis/no-barrels': 'error',
      'portcullis/no-deployable-imports': 'error',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(NODE_GLOBALS.map((name) => [name, 'readonly'])),
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: {
      // One program over the whole workspace, from source: nothing has to be built before it can be linted.
      parserOptions: { project: [`${root}/tools/tsconfig.json`], tsconfigRootDir: root },
    },
    rules: {
      'no-restricted-imports': restrictedImports(),
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
      ],
      '@nx/enforce-module-boundaries': ['error', boundaries],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'portcullis/no-secret-logging': 'error',
      'portcullis/pure-decisions': 'error',
    },
  },
  {
    files: ['**/src/**/config.ts'],
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-imports': restrictedImports({ environment: true }),
    },
  },
  {
    files: ['libs/eventing/src/eventstore-client.ts'],
    rules: { 'no-restricted-imports': restrictedImports({ eventStoreClient: true }) },
  },
  {
    files: ['libs/embedded-eventstore/src/**/*.ts'],
    rules: { 'no-restricted-imports': restrictedImports({ eventStoreServer: true }) },
  },
  {
    files: [...tests, 'tools/**/*.ts', 'docs/examples/**/*.ts'],
    rules: {
      ...size(400),
      // A describe block is one long function; its tests are the unit that matters.
      'max-lines-per-function': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-imports': restrictedImports({ environment: true }),
      'portcullis/pure-decisions': 'off',
      '@nx/enforce-module-boundaries': ['error', testBoundaries],
    },
  },
  {
    // The node is judged by the one official client; it may import nothing else of ours.
    files: ['**/*.spec.ts', 'test/**/*.ts', 'src/testing/**/*.ts'].map(
      (it) => `libs/embedded-eventstore/${it}`,
    ),
    rules: {
      'no-restricted-imports': restrictedImports({
        environment: true,
        eventStoreClient: true,
        eventStoreServer: true,
      }),
    },
  },
  // Lists, not code: the requirements, and the names that a package offers.
  { files: ['docs/requirements.ts', '{libs,services,apps}/*/src/index.ts'], rules: { 'max-lines': 'off' } },
  prettier,
);
