import { basename, relative, sep } from 'node:path';

const VAGUE = new Set(['utils', 'util', 'common', 'helpers', 'helper', 'shared']);
/** A package's entry, and the entry of what it offers to other packages' tests. */
const PACKAGE_ENTRY = /^(libs|services|apps)\/[^/]+\/src\/(testing\/)?index\.ts$/;

const pathOf = (context) => relative(context.cwd, context.filename).split(sep).join('/');

/** A folder is named after what it does, so that nothing lands in it for want of a better place. */
export const folderNames = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { vague: "'{{name}}/' says nothing: name the folder after the capability it holds." },
  },
  create: (context) => ({
    Program(node) {
      const name = pathOf(context)
        .split('/')
        .slice(0, -1)
        .find((segment) => VAGUE.has(segment));
      if (name) context.report({ node, messageId: 'vague', data: { name } });
    },
  }),
};

/** Re-exports only in a package's single entry, and there by name: what a package offers can be read in one place. */
export const noBarrels = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      star: 'Export names one by one: `export *` hides what is offered.',
      barrel: 'A file of re-exports only is a barrel: import from where the thing is defined.',
    },
  },
  create: (context) => ({
    ExportAllDeclaration: (node) => context.report({ node, messageId: 'star' }),
    Program(node) {
      if (node.body.length === 0 || PACKAGE_ENTRY.test(entryPath(context))) return;
      if (node.body.every((it) => it.type === 'ExportNamedDeclaration' && it.source !== null)) {
        context.report({ node, messageId: 'barrel' });
      }
    },
  }),
};

/** The path from the workspace root, also when ESLint runs inside one package. */
function entryPath(context) {
  const match = /(?:^|\/)((?:libs|services|apps)\/[^/]+\/src\/(?:testing\/)?index\.ts)$/.exec(
    context.filename.split(sep).join('/'),
  );
  return match?.[1] ?? basename(context.filename);
}
