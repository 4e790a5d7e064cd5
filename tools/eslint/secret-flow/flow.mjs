import ts from 'typescript';
import { bare, isMember, lastName } from './declarations.mjs';
import { firstOf, isHarmless, rawKind } from './secret-types.mjs';

/** Functions that hand on what they are given, in another shape. */
const TRANSPARENT =
  /^(globalThis\.)?(JSON\.stringify|String|String\.raw|Object\.(values|entries|assign|fromEntries|freeze|seal)|Array\.(from|of)|Buffer\.(from|concat)|Promise\.(resolve|all|allSettled|race|any)|Reflect\.get|structuredClone|encodeURI|encodeURIComponent|decodeURI|decodeURIComponent|escape|unescape|btoa|atob|(\w+\.)?(inspect|format|formatWithOptions))$/;
/** Methods whose arguments end up in the result. */
const MERGES = new Set(['concat', 'replace', 'replaceAll', 'padStart', 'padEnd', 'with', 'join']);
/** Methods of a raw container that give no value of it away: names, presence, failures. */
const SAFE_METHODS = new Set([
  'keys',
  'has',
  'catch',
  'finally',
  'equals',
  'includes',
  'startsWith',
  'endsWith',
]);
const CONTAINERS = /^(Map|Set|URL|URLSearchParams|Array|String|Headers|Uint8Array|\w*Error)$/;
const MAX_STEPS = 12;

/**
 * Follows values backwards from an expression, over variables, destructuring, assignments, literals, transparent
 * functions and functions whose body can be read, to a secret. It over-approximates: what it can't rule out by type or
 * source it reports, except values that come through `unknown` parameters of functions it can't see.
 */
export class SecretFlow {
  #checker;
  #types;
  #declarations;

  constructor(checker, types, declarations) {
    this.#checker = checker;
    this.#types = types;
    this.#declarations = declarations;
  }

  /**
   * What secret the value of `node` can hold, anywhere inside it; undefined if none.
   * @param {Map<ts.Node, {node: ts.Node, path: object}>} bindings arguments by parameter, when looking into a function.
   */
  carried(node, path = { steps: 0, seen: new Set(), bindings: new Map() }) {
    const at = bare(node);
    const type = this.#checker.getTypeAtLocation(at);
    if (isHarmless(type)) return undefined;
    return this.#types.carried(type) ?? this.#bySource(at, path);
  }

  /** Is the value itself secret material (not just an object with some inside)? Such a taint survives `.x` and calls. */
  #raw(node, path) {
    const at = bare(node);
    const type = this.#checker.getTypeAtLocation(at);
    if (isHarmless(type)) return undefined;
    return rawKind(type) ?? (ts.isObjectLiteralExpression(at) ? undefined : this.#bySource(at, path, true));
  }

  #bySource(at, path, raw = false) {
    if (path.steps > MAX_STEPS) return undefined;
    const next = { ...path, steps: path.steps + 1 };
    if (ts.isIdentifier(at)) return this.#fromName(at, next, raw);
    if (isMember(at)) return this.#fromMember(at, next, raw);
    if (ts.isCallExpression(at)) return this.#fromCall(at, next, raw);
    return firstOf(partsOf(at), (part) => this.carried(part, next));
  }

  #fromName(at, path, raw) {
    const declaration = this.#declarations.of(at);
    return declaration && this.#fromDeclaration(declaration, path, raw);
  }

  #fromDeclaration(declaration, path, raw) {
    if (path.seen.has(declaration)) return undefined;
    const next = { ...path, seen: new Set(path.seen).add(declaration) };
    const follow = (node) => (raw ? this.#raw(node, next) : this.carried(node, next));
    const binding = path.bindings.get(declaration);
    if (binding) {
      return raw ? this.#raw(binding.node, binding.path) : this.carried(binding.node, binding.path);
    }
    const taken = ts.isBindingElement(declaration) ? this.#fromPattern(declaration, next) : undefined;
    return (
      taken ?? this.#fromLoopOrCallback(declaration, next) ?? firstOf(this.#sources(declaration), follow)
    );
  }

  /** Initialiser and later assignments of a variable, property or default value. */
  #sources(declaration) {
    const { initializer } = declaration;
    const isValue =
      ts.isVariableDeclaration(declaration) ||
      ts.isPropertyDeclaration(declaration) ||
      ts.isPropertyAssignment(declaration) ||
      ts.isParameter(declaration) ||
      ts.isBindingElement(declaration);
    if (!isValue) return [];
    return [...(initializer ? [initializer] : []), ...this.#declarations.inflows(declaration)];
  }

  /** `const { FOO } = process.env`, `const { token } = { token: secret.revealText() }`, `[a] = [..]`. */
  #fromPattern(element, path) {
    const holder = element.parent.parent;
    const kind = rawKind(this.#checker.getTypeAtLocation(holder));
    if (kind) return kind;
    if (ts.isBindingElement(holder)) return this.#fromPattern(holder, path);
    if (isEntryKey(element, holder)) return undefined;
    const { node: source, path: sourcePath } = path.bindings.get(holder) ?? {
      node: holder.initializer,
      path,
    };
    if (source === undefined) return this.#fromLoopOrCallback(holder, path);
    const whole = this.#raw(source, sourcePath);
    if (whole) return whole;
    const name = (element.propertyName ?? element.name).getText();
    return this.#fromLiteralMember(bare(source), name, sourcePath);
  }

  /** `for (const v of Object.values(env))`, and what callbacks get. */
  #fromLoopOrCallback(declaration, path) {
    if (ts.isParameter(declaration)) return this.#fromCallback(declaration, path);
    const loop = declaration.parent?.parent;
    const isLooped = ts.isVariableDeclaration(declaration) && loop && ts.isForOfStatement(loop);
    return isLooped ? this.#raw(loop.expression, path) : undefined;
  }

  /** `Object.entries(env).map(([key, value]) => …)`: the callback's parameter is what is iterated. */
  #fromCallback(parameter, path) {
    const call = parameter.parent.parent;
    if (!ts.isCallExpression(call) || !call.arguments.includes(parameter.parent)) return undefined;
    const callee = bare(call.expression);
    if (!isMember(callee) || SAFE_METHODS.has(lastName(callee))) return undefined;
    return this.#raw(callee.expression, path);
  }

  #fromMember(at, path, raw) {
    const whole = this.#raw(at.expression, path);
    if (whole) return whole;
    const name = lastName(at);
    const behind = this.#literalBehind(at.expression, path);
    if (behind && name !== undefined) return this.#fromLiteralMember(behind.literal, name, behind.path);
    const declaration = this.#declarations.of(at);
    return declaration && !declaration.getSourceFile().isDeclarationFile
      ? this.#fromDeclaration(declaration, path, raw)
      : undefined;
  }

  /** The object literal that an expression names, with the path to read it under. */
  #literalBehind(node, path) {
    const at = bare(node);
    if (ts.isObjectLiteralExpression(at)) return { literal: at, path };
    const declaration = ts.isIdentifier(at) ? this.#declarations.of(at) : undefined;
    if (declaration === undefined) return undefined;
    const source = path.bindings.get(declaration) ?? { node: initializerOf(declaration), path };
    const literal = source.node && bare(source.node);
    return literal && ts.isObjectLiteralExpression(literal) ? { literal, path: source.path } : undefined;
  }

  #fromLiteralMember(literal, name, path) {
    if (!ts.isObjectLiteralExpression(literal)) return undefined;
    return firstOf(literal.properties, (property) => {
      if (ts.isSpreadAssignment(property)) return this.#raw(property.expression, path);
      if (property.name?.getText().replace(/['"]/g, '') !== name) return undefined;
      return firstOf(partsOf(property), (part) => this.carried(part, path));
    });
  }

  #fromCall(call, path) {
    const callee = bare(call.expression);
    const name = lastName(callee) ?? '';
    const among = (nodes) => firstOf(nodes, (node) => this.carried(node, path));
    if (/^(Object|Reflect)\.(keys|ownKeys|getOwnPropertyNames)$/.test(callee.getText())) return undefined;
    if (TRANSPARENT.test(callee.getText())) return among(call.arguments);
    if (isMember(callee)) {
      const target = SAFE_METHODS.has(name) ? undefined : this.#raw(callee.expression, path);
      const merged = MERGES.has(name) ? among([callee.expression, ...call.arguments]) : undefined;
      if (target ?? merged) return target ?? merged;
    }
    return this.#fromReturns(call, path);
  }

  #fromReturns(call, path) {
    const called = this.#declarations.calledFunction(call);
    if (!called || path.seen.has(called)) return undefined;
    const inner = this.enter(called, call, path);
    return firstOf(returnsOf(called), (node) => this.carried(node, inner));
  }

  /** The path inside a called function: its parameters stand for the arguments of this call. */
  enter(called, call, path = { steps: 0, seen: new Set(), bindings: new Map() }) {
    const bindings = new Map(path.bindings);
    called.parameters.forEach((parameter, index) => {
      const node = call.arguments[index];
      if (node) bindings.set(parameter, { node: ts.isSpreadElement(node) ? node.expression : node, path });
    });
    return { steps: path.steps + 1, seen: new Set(path.seen).add(called), bindings };
  }
}

const initializerOf = (declaration) =>
  ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;

/** The first of `[name, value]` taken from `entries()`: a name, not a value. */
function isEntryKey(element, holder) {
  if (!ts.isArrayBindingPattern(element.parent) || element.parent.elements[0] !== element) return false;
  const around = ts.isParameter(holder) ? holder.parent.parent.expression : holder.parent?.parent?.expression;
  return around !== undefined && /\bentries\(/.test(around.getText());
}

/** The sub-expressions whose values end up in the value of this one. */
function partsOf(at) {
  if (ts.isObjectLiteralExpression(at)) return at.properties.flatMap(partsOf);
  if (ts.isPropertyAssignment(at)) return [at.initializer];
  if (ts.isShorthandPropertyAssignment(at)) return [at.name];
  if (ts.isSpreadAssignment(at) || ts.isSpreadElement(at)) return [at.expression];
  if (ts.isArrayLiteralExpression(at)) return [...at.elements];
  if (ts.isTemplateExpression(at)) return at.templateSpans.map((span) => span.expression);
  return partsOfOperation(at);
}

function partsOfOperation(at) {
  if (ts.isTaggedTemplateExpression(at)) return partsOf(at.template);
  if (ts.isConditionalExpression(at)) return [at.whenTrue, at.whenFalse];
  if (ts.isBinaryExpression(at))
    return at.operatorToken.kind === ts.SyntaxKind.CommaToken ? [at.right] : [at.left, at.right];
  if (ts.isNewExpression(at))
    return CONTAINERS.test(at.expression.getText()) ? [...(at.arguments ?? [])] : [];
  return [];
}

function returnsOf(called) {
  if (!ts.isBlock(called.body)) return [called.body];
  const found = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression) found.push(node.expression);
    ts.forEachChild(node, visit);
  };
  visit(called.body);
  return found;
}
