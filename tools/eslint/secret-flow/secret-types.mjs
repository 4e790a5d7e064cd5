import ts from 'typescript';

/** Types whose values are raw input or key material wherever they come from, by the name they are declared under. */
const RAW_TYPES = new Map([
  ['ProcessEnv', 'the environment'],
  ['IncomingHttpHeaders', 'raw headers'],
  ['OutgoingHttpHeaders', 'raw headers'],
  ['Headers', 'raw headers'],
  ['MsgHdrs', 'raw message headers'],
]);
const SECRET_FILE = /contracts\/(src|dist)\/sensitive\/secret\.(d\.)?[mc]?ts$/;

/** How deep an object's members are followed: deep enough for `request.context.session.token`, and bounded. */
const MAX_DEPTH = 4;
const MAX_TYPES = 400;

const HARMLESS =
  ts.TypeFlags.NumberLike |
  ts.TypeFlags.BooleanLike |
  ts.TypeFlags.BigIntLike |
  ts.TypeFlags.ESSymbolLike |
  ts.TypeFlags.Undefined |
  ts.TypeFlags.Null |
  ts.TypeFlags.Void |
  ts.TypeFlags.Never |
  ts.TypeFlags.StringLiteral |
  ts.TypeFlags.EnumLike;

const partsOf = (type) => (type.isUnionOrIntersection() ? type.types : [type]);

/** Can no value of this type hold a secret? True of numbers, booleans and constants. */
export const isHarmless = (type) => partsOf(type).every((part) => (part.flags & HARMLESS) !== 0);

/** What the value itself is, when its own type (or a member of its union) is a raw one. */
export function rawKind(type) {
  for (const part of partsOf(type)) {
    if (part.isUnionOrIntersection()) {
      const nested = rawKind(part);
      if (nested) return nested;
    }
    for (const symbol of [part.aliasSymbol, part.symbol]) {
      const kind = symbol && kindOfSymbol(symbol);
      if (kind) return kind;
    }
  }
  return undefined;
}

function kindOfSymbol(symbol) {
  if (symbol.name !== 'Secret') return RAW_TYPES.get(symbol.name);
  const files = (symbol.declarations ?? []).map((declaration) => declaration.getSourceFile().fileName);
  return files.some((file) => SECRET_FILE.test(file)) ? 'a Secret' : undefined;
}

/** Finds raw types inside a type: members, elements, type arguments, down to a fixed depth. */
export class TypeSearch {
  #checker;
  #found = new WeakMap();

  constructor(checker) {
    this.#checker = checker;
  }

  /** What a value of this type carries (`a Secret in .token`), or undefined. */
  carried(type) {
    if (!this.#found.has(type)) {
      this.#found.set(type, this.#search(type, MAX_DEPTH, { seen: new Set() }) ?? null);
    }
    return this.#found.get(type) ?? undefined;
  }

  #search(type, depth, walk) {
    const kind = rawKind(type);
    if (kind) return kind;
    if (depth === 0 || walk.seen.has(type) || walk.seen.size > MAX_TYPES || isHarmless(type))
      return undefined;
    walk.seen.add(type);
    if (type.isUnionOrIntersection()) return firstOf(type.types, (part) => this.#search(part, depth, walk));
    // `this` and `T extends Session` stand for what they are bounded by.
    const bound = type.flags & ts.TypeFlags.TypeParameter && this.#checker.getBaseConstraintOfType(type);
    return bound ? this.#search(bound, depth, walk) : this.#inObject(type, depth, walk);
  }

  #inObject(type, depth, walk) {
    if ((type.flags & ts.TypeFlags.Object) === 0) return undefined;
    return this.#inElements(type, depth, walk) ?? this.#inMembers(type, depth, walk);
  }

  #inElements(type, depth, walk) {
    const isReference = (type.objectFlags & ts.ObjectFlags.Reference) !== 0;
    const elements = isReference ? this.#checker.getTypeArguments(type) : [];
    const indexed = this.#checker.getIndexInfosOfType(type).map((info) => info.type);
    return firstOf([...elements, ...indexed], (part) => this.#search(part, depth - 1, walk));
  }

  #inMembers(type, depth, walk) {
    return firstOf(this.#checker.getPropertiesOfType(type), (property) => {
      // `#private` members are invisible to loggers; methods are not values.
      if (property.name.startsWith('__#') || property.flags & ts.SymbolFlags.Method) return undefined;
      const inside = this.#search(this.#checker.getTypeOfSymbol(property), depth - 1, walk);
      return inside && `${inside.replace(/ in \..*/, '')} in .${property.name}`;
    });
  }
}

export function firstOf(items, find) {
  for (const item of items) {
    const found = find(item);
    if (found) return found;
  }
  return undefined;
}
