import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const DEPLOYABLE_FOLDERS = ['services', 'apps'];
const byRoot = new Map();

/**
 * Nobody imports a service or an app by its package name, whatever the subpath. The Nx boundary rule only follows what
 * a package exports; a package without `exports` can be reached file by file, and this closes that door.
 */
export const noDeployableImports = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      foreign: "'{{name}}' is deployed on its own: talk to it through the contracts, never import it.",
    },
  },
  create(context) {
    const names = deployablesOf(context.filename);
    const check = (node) => {
      const specifier = node?.type === 'Literal' && typeof node.value === 'string' ? node.value : '';
      const name = names.find((it) => specifier === it || specifier.startsWith(`${it}/`));
      if (name) context.report({ node, messageId: 'foreign', data: { name } });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      'CallExpression[callee.name="require"]': (node) => check(node.arguments[0]),
    };
  },
};

function deployablesOf(filename) {
  const root = workspaceRoot(dirname(filename));
  if (root === undefined) return [];
  if (!byRoot.has(root))
    byRoot.set(
      root,
      DEPLOYABLE_FOLDERS.flatMap((folder) => packageNames(join(root, folder))),
    );
  return byRoot.get(root);
}

function packageNames(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((entry) => join(folder, entry, 'package.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')).name);
}

function workspaceRoot(folder) {
  if (existsSync(join(folder, 'nx.json'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : workspaceRoot(parent);
}
