import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

/** Files that may hold tests: specs, end-to-end and long tests, and the contract suites that adapters' specs run. */
const TEST_FILE = /\.(spec|e2e|long|contract)\.ts$/;
const TEST_FOLDERS = ['libs', 'services', 'apps', 'infra', 'tools'];
const NOT_OURS = new Set(['node_modules', 'dist', '.nx', 'fixtures']);
const BLOCKS = new Set(['describe', 'fdescribe', 'xdescribe']);
const TESTS = new Set(['it', 'fit', 'xit', 'test', 'xtest']);
const HOOKS = new Set(['beforeAll', 'beforeEach', 'afterAll', 'afterEach', 'verifies', 'expect']);

/**
 * @typedef {{ id: string, test: string, live: boolean, where: string }} Citation `test` reads
 *   `path/file.spec.ts > describe > it`; `live` is false when it can't run (skipped, or a block without tests).
 */

/** Every `verifies('…')` of the workspace, by reading the source: quick, and needs no test run. */
export function scanWorkspace(root) {
  return TEST_FOLDERS.flatMap((folder) => testFiles(join(root, folder))).flatMap((file) =>
    scanSource(relative(root, file).split(sep).join('/'), readFileSync(file, 'utf8')),
  );
}

function testFiles(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : testFiles(path);
      return TEST_FILE.test(entry.name) ? [path] : [];
    });
}

/** @returns {Citation[]} */
export function scanSource(file, text) {
  if (!text.includes('verifies(')) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const found = [];
  const visit = (node) => {
    if (
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'verifies'
    ) {
      found.push(...citationsOf(node, source, file));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function citationsOf(call, source, file) {
  const where = `${file}:${source.getLineAndCharacterOfPosition(call.getStart(source)).line + 1}`;
  const enclosing = enclosingCalls(call);
  const scope = enclosing.at(-1)?.node ?? source;
  const live = !enclosing.some((entry) => entry.skipped) && (isTest(scope) || holdsTests(scope));
  const test = [file, ...enclosing.map((entry) => entry.name)].join(' > ');
  return call.arguments.map((argument) => {
    if (!ts.isStringLiteralLike(argument)) {
      throw new Error(
        `${where}: verifies() takes string literals only, so that the requirement map can be read`,
      );
    }
    return { id: argument.text, test, live, where };
  });
}

/** The describe and it calls around a node, outermost first. */
function enclosingCalls(node) {
  const calls = [];
  for (let at = node.parent; at !== undefined; at = at.parent) {
    const callee = jestCallee(at);
    if (callee) calls.unshift({ node: at, name: nameOf(at), skipped: callee.skipped });
  }
  return calls;
}

/** `it(…)`, `describe.each(…)(…)`, `test.skip(…)`: which function, and whether it is switched off. */
function jestCallee(node) {
  if (!ts.isCallExpression(node)) return undefined;
  const { name, modifiers } = unwrapCallee(node.expression);
  const kind = BLOCKS.has(name) ? 'block' : TESTS.has(name) ? 'test' : undefined;
  const skipped = name.startsWith('x') || modifiers.includes('skip') || modifiers.includes('todo');
  return kind && { kind, skipped };
}

/** The identifier at the bottom of `it.only.each(…)` and the names stacked on it. */
function unwrapCallee(callee, modifiers = []) {
  if (ts.isPropertyAccessExpression(callee)) {
    return unwrapCallee(callee.expression, [...modifiers, callee.name.text]);
  }
  if (ts.isCallExpression(callee)) return unwrapCallee(callee.expression, modifiers);
  if (ts.isTaggedTemplateExpression(callee)) return unwrapCallee(callee.tag, modifiers);
  return { name: ts.isIdentifier(callee) ? callee.text : '', modifiers };
}

const isTest = (node) => jestCallee(node)?.kind === 'test';

function nameOf(call) {
  const title = call.arguments[0];
  if (title === undefined) return '(unnamed)';
  return ts.isStringLiteralLike(title) ? title.text : title.getText().replace(/^`|`$/g, '');
}

/** A block proves something only if a test in it can run, or it calls a suite that defines tests. */
function holdsTests(scope) {
  let found = false;
  const visit = (node) => {
    if (found) return;
    const callee = jestCallee(node);
    if (callee?.skipped || isHook(node)) return;
    if (callee?.kind === 'test') found = true;
    else if (!callee && isSuiteCall(node)) found = true;
    else ts.forEachChild(node, visit);
  };
  ts.forEachChild(scope, visit);
  return found;
}

/** `tileStoreContract(…)`, `tester.run(…)`: a statement that hands over to something that may define tests. */
function isSuiteCall(node) {
  return (
    ts.isCallExpression(node) &&
    ts.isExpressionStatement(node.parent) &&
    !HOOKS.has(unwrapCallee(node.expression).name)
  );
}

const isHook = (node) => ts.isCallExpression(node) && HOOKS.has(unwrapCallee(node.expression).name);
