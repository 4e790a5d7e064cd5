import type { PolicyDocument } from '@portcullis/contracts';
import type { LocatedFinding, Place } from './finding.js';
import { parsePolicyFile, type ParsedFile, type PolicySource } from './parse-policy-file.js';
import type { PolicyFile } from './policy-file.js';
import { pointer } from './pointer.js';
import { nearestPlace, SourceMap } from './source-map.js';

export interface LoadedPolicy {
  /** What `ApplyPolicy` takes; null when there are findings. */
  document: PolicyDocument | null;
  /** Places of the document's parts in the files. */
  sources: SourceMap;
  /** All of them errors. */
  findings: LocatedFinding[];
}

/** Files of one policy as one document. The order of the files is the order of the rules and means nothing else. */
export function loadPolicy(files: readonly PolicySource[]): LoadedPolicy {
  const parsed = files.map(parsePolicyFile);
  const merge = new Merge();
  for (const file of parsed) merge.add(file);
  const findings = [...parsed.flatMap((file) => file.findings), ...merge.findings];
  return {
    document: findings.length === 0 ? merge.document : null,
    sources: merge.sources,
    findings,
  };
}

class Merge {
  readonly document: PolicyDocument = {
    roles: {},
    groups: {},
    servers: {},
    rules: [],
    guards: [],
  };
  readonly sources = new SourceMap();
  readonly findings: LocatedFinding[] = [];
  /** What has been defined so far: `rule x`, `role y` … → where. */
  readonly #defined = new Map<string, Place>();

  add(file: ParsedFile): void {
    const { content } = file;
    if (content === null) return;
    this.#takeNamed(
      file,
      'roles',
      'role',
      (name, description) => (this.document.roles[name] = description as string),
    );
    this.#takeNamed(file, 'groups', 'group', (name, group) => {
      const { description = '', roles } = group as NonNullable<PolicyFile['groups']>[string];
      this.document.groups[name] = { description, roles };
    });
    this.#takeServers(file, content);
    this.#takeList(file, 'guards', (index) => {
      const { servers = ['*'], tools = ['*'], ...guard } = content.guards![index]!;
      return this.document.guards.push({ ...guard, servers, tools }) - 1;
    });
    this.#takeList(file, 'rules', (index) => this.document.rules.push(content.rules![index]!) - 1);
  }

  #takeNamed(
    file: ParsedFile,
    section: 'roles' | 'groups',
    kind: string,
    take: (name: string, value: unknown) => void,
  ): void {
    for (const [name, value] of Object.entries(file.content![section] ?? {})) {
      const at = pointer([section, name]);
      if (!this.#define(`${kind} "${name}"`, file, at)) continue;
      take(name, value);
      this.sources.add(at, { places: file.places, at });
    }
  }

  /** One server may be spoken of in several files, each tool of it in one. */
  #takeServers(file: ParsedFile, { servers = {} }: PolicyFile): void {
    for (const [slug, { pinning, tools = {} }] of Object.entries(servers)) {
      const at = pointer(['servers', slug]);
      if (!Object.hasOwn(this.document.servers, slug)) this.document.servers[slug] = { tools: {} };
      const server = this.document.servers[slug]!;
      this.sources.add(at, { places: file.places, at });
      if (pinning !== undefined && this.#define(`pinning of server "${slug}"`, file, `${at}/pinning`)) {
        server.pinning = pinning;
        this.sources.add(`${at}/pinning`, { places: file.places, at: `${at}/pinning` });
      }
      for (const [tool, label] of Object.entries(tools)) {
        const inside = pointer(['servers', slug, 'tools', tool]);
        if (!this.#define(`tool "${slug}/${tool}"`, file, inside)) continue;
        server.tools[tool] = label;
        this.sources.add(inside, { places: file.places, at: inside });
      }
    }
  }

  /** Rules and guards share one space of ids: a decision names the one that decided. */
  #takeList(file: ParsedFile, section: 'guards' | 'rules', take: (index: number) => number): void {
    for (const [index, { id }] of (file.content![section] ?? []).entries()) {
      const from = pointer([section, index]);
      if (!this.#define(`rule "${id}"`, file, `${from}/id`, id)) continue;
      this.sources.add(pointer([section, take(index)]), { places: file.places, at: from });
    }
  }

  #define(what: string, file: ParsedFile, at: string, rule: string | null = null): boolean {
    const place = nearestPlace(file.places, at);
    const before = this.#defined.get(what);
    if (before === undefined) {
      this.#defined.set(what, place);
      return true;
    }
    const reason = `${what} is defined in ${before.file}:${before.line} already`;
    this.findings.push({ severity: 'error', code: 'defined-twice', rule, at, reason, ...place });
    return false;
  }
}
