import ts from 'typescript';
import { bare, isMember, lastName } from './declarations.mjs';

const LEVELS = new Set([
  ...['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'log', 'verbose', 'silly', 'notice', 'critical'],
  // Bindings of a child logger end up in every line it writes.
  ...['child', 'setBindings'],
]);
const LOGGER_NAME = /^_?log(s|ger|ging)?$|[a-z0-9]Log(ger)?$/;
const LOGGER_TYPE = /^(Console|Log|LoggerService)$|Logger$/;
const STREAMS = new Set(['stdout', 'stderr']);

/** Recognises the calls whose arguments end up in a log: loggers, the console, the process's own streams. */
export class LogCalls {
  #checker;
  #declarations;

  constructor(checker, declarations) {
    this.#checker = checker;
    this.#declarations = declarations;
  }

  /** The arguments that would be written, or undefined when this is no log call. */
  loggedArguments(call) {
    const callee = bare(call.expression);
    if (isMember(callee) && ['call', 'apply'].includes(lastName(callee)) && this.#writes(callee.expression)) {
      return call.arguments.slice(1);
    }
    if (lastName(callee) === 'writeSync' && /^[12]$/.test(call.arguments[0]?.getText() ?? '')) {
      return call.arguments.slice(1);
    }
    return this.#writes(callee) ? [...call.arguments] : undefined;
  }

  /** Is this a function that writes to a log, directly, bound, destructured or under another name? */
  #writes(callee, depth = 4) {
    if (depth === 0) return false;
    const node = bare(callee);
    if (isMember(node)) return this.#isWritingMember(node, depth);
    if (ts.isCallExpression(node)) return isBind(node) && this.#writes(node.expression.expression, depth - 1);
    if (!ts.isIdentifier(node)) return false;
    if (this.#typeName(node) === 'LogFn') return true;
    return this.#isAlias(this.#declarations.of(node), depth);
  }

  #isWritingMember(node, depth) {
    const method = lastName(node);
    const target = node.expression;
    if (method === undefined) return this.#isLogger(target, depth);
    if (method === 'write' || method === 'end') return this.#isStream(target, depth);
    if (method === 'emitWarning') return lastName(target) === 'process';
    if (this.#isConsole(target)) return true;
    return LEVELS.has(method) && this.#isLogger(target, depth);
  }

  #isAlias(declaration, depth) {
    if (declaration === undefined) return false;
    if (ts.isVariableDeclaration(declaration)) {
      return declaration.initializer !== undefined && this.#writes(declaration.initializer, depth - 1);
    }
    if (!ts.isBindingElement(declaration)) return false;
    const method = (declaration.propertyName ?? declaration.name).getText();
    const source = sourceOf(declaration);
    if (source === undefined) return false;
    return LEVELS.has(method)
      ? this.#isLogger(source, depth)
      : method === 'write' && this.#isStream(source, depth);
  }

  #isConsole = (node) => lastName(node) === 'console' || this.#typeName(node) === 'Console';

  #isLogger(node, depth) {
    const name = lastName(node) ?? '';
    if (LOGGER_NAME.test(name) || this.#isConsole(node) || LOGGER_TYPE.test(this.#typeName(node)))
      return true;
    const source = this.#initializer(node);
    return source !== undefined && depth > 0 && this.#isLogger(source, depth - 1);
  }

  #isStream(node, depth) {
    const at = bare(node);
    if (isMember(at) && STREAMS.has(lastName(at)) && lastName(at.expression) === 'process') return true;
    if (ts.isIdentifier(at) && STREAMS.has(at.text)) return true;
    const source = this.#initializer(at);
    return source !== undefined && depth > 0 && this.#isStream(source, depth - 1);
  }

  #initializer(node) {
    const at = bare(node);
    if (!ts.isIdentifier(at)) return undefined;
    const declaration = this.#declarations.of(at);
    return declaration && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  }

  #typeName(node) {
    const type = this.#checker.getTypeAtLocation(node);
    return type.aliasSymbol?.name ?? type.symbol?.name ?? '';
  }
}

const isBind = (call) => isMember(bare(call.expression)) && lastName(call.expression) === 'bind';

/** What a destructured name was taken from. */
function sourceOf(element) {
  const holder = element.parent.parent;
  return ts.isVariableDeclaration(holder) ? holder.initializer : undefined;
}
