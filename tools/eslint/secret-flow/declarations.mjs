import ts from 'typescript';

const FILLS = new Set(['push', 'unshift', 'set', 'add', 'append', 'splice', 'fill']);

/** Looks through parentheses, casts, `!`, `satisfies` and `await`: none of them changes what the value is. */
export function bare(node) {
  let at = node;
  while (
    ts.isParenthesizedExpression(at) ||
    ts.isAsExpression(at) ||
    ts.isTypeAssertionExpression(at) ||
    ts.isNonNullExpression(at) ||
    ts.isSatisfiesExpression(at) ||
    ts.isAwaitExpression(at)
  ) {
    at = at.expression;
  }
  return at;
}

/** The name after the last dot, or of the identifier itself; undefined for anything computed. */
export function lastName(node) {
  const at = bare(node);
  if (ts.isIdentifier(at)) return at.text;
  if (ts.isPropertyAccessExpression(at)) return at.name.text;
  if (ts.isElementAccessExpression(at) && ts.isStringLiteralLike(at.argumentExpression)) {
    return at.argumentExpression.text;
  }
  return at.kind === ts.SyntaxKind.ThisKeyword ? 'this' : undefined;
}

export const isMember = (node) => ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);

/** Finds where names are declared and what is put into them, across files. */
export class Declarations {
  #checker;
  #inflows = new WeakMap();

  constructor(checker) {
    this.#checker = checker;
  }

  /** The declaration of the variable, parameter or property that an expression names. */
  of(node) {
    let symbol = ts.isShorthandPropertyAssignment(node.parent)
      ? this.#checker.getShorthandAssignmentValueSymbol(node.parent)
      : this.#checker.getSymbolAtLocation(isMember(node) ? (node.name ?? node.argumentExpression) : node);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = this.#checker.getAliasedSymbol(symbol);
    return symbol?.valueDeclaration;
  }

  /** The function that a call runs, if its body is in source we can read. */
  calledFunction(call) {
    const declaration = this.#checker.getResolvedSignature(call)?.declaration;
    return declaration?.body ? declaration : undefined;
  }

  /** Expressions assigned to a declaration, or put into the object or array it holds, anywhere in its scope. */
  inflows(declaration) {
    if (!this.#inflows.has(declaration)) this.#inflows.set(declaration, this.#collect(declaration));
    return this.#inflows.get(declaration);
  }

  #collect(declaration) {
    const name = declaration.name && ts.isIdentifier(declaration.name) ? declaration.name.text : undefined;
    const found = [];
    if (name === undefined || declaration.getSourceFile().isDeclarationFile) return found;
    const isOurs = (node) => lastName(node) === name && this.of(bare(node)) === declaration;
    const visit = (node) => {
      found.push(...putInto(node, isOurs));
      ts.forEachChild(node, visit);
    };
    visit(scopeOf(declaration));
    return found;
  }
}

/** What one node puts into a thing: `x = v`, `x.y = v`, `x.push(v)`. */
function putInto(node, isOurs) {
  if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) {
    const target = bare(node.left);
    return isOurs(target) || (isMember(target) && isOurs(target.expression)) ? [node.right] : [];
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    return FILLS.has(name.text) && isOurs(expression) ? [...node.arguments] : [];
  }
  return [];
}

const isAssignment = (kind) => kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

function scopeOf(declaration) {
  const isScope = (node) =>
    ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isSourceFile(node) || ts.isModuleBlock(node);
  let at = declaration.parent;
  while (at && !isScope(at)) at = at.parent;
  // A constructor's parameter property belongs to the class.
  return at && ts.isConstructorDeclaration(at) ? at.parent : (at ?? declaration);
}
