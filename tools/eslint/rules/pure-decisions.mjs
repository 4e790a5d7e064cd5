const DECISION = /^(decide|evolve)([A-Z]|$)/;
const RANDOM = new Set(['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'getRandomValues']);
const CLOCK = { Date: ['now'], performance: ['now', 'timeOrigin'], Math: ['random'] };
const PROCESS = new Set(['hrtime', 'uptime', 'env', 'cwd']);

/** A file that exports `decide…` or `evolve…` has no clock and no randomness: time and ids arrive in the command. */
export const pureDecisions = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { impure: '{{what}} in a file that decides: pass time and ids in the command.' },
  },
  create(context) {
    const impure = [];
    let decides = false;
    const note = (node, what) => impure.push({ node, what });
    return {
      'ExportNamedDeclaration > FunctionDeclaration'(node) {
        decides ||= DECISION.test(node.id?.name ?? '');
      },
      'ExportNamedDeclaration > VariableDeclaration > VariableDeclarator'(node) {
        decides ||= node.id.type === 'Identifier' && DECISION.test(node.id.name);
      },
      'ExportNamedDeclaration > ExportSpecifier'(node) {
        decides ||= DECISION.test(node.exported.name ?? '');
      },
      'NewExpression[callee.name="Date"][arguments.length=0]': (node) => note(node, 'new Date()'),
      'CallExpression[callee.name="Date"]': (node) => note(node, 'Date()'),
      MemberExpression(node) {
        const what = impureMember(node);
        if (what) note(node, what);
      },
      Identifier(node) {
        const isMember = node.parent.type === 'MemberExpression' && node.parent.property === node;
        if (RANDOM.has(node.name) && !isMember) note(node, node.name);
      },
      'Program:exit'() {
        if (decides)
          for (const { node, what } of impure) context.report({ node, messageId: 'impure', data: { what } });
      },
    };
  },
};

function impureMember({ object, property, computed }) {
  if (computed && property.type !== 'Literal') return undefined;
  const name = property.type === 'Literal' ? String(property.value) : property.name;
  if (RANDOM.has(name)) return name;
  if (object.type !== 'Identifier') return undefined;
  if (CLOCK[object.name]?.includes(name)) return `${object.name}.${name}`;
  return object.name === 'process' && PROCESS.has(name) ? `process.${name}` : undefined;
}
