import { Readable } from 'node:stream';
import {
  newId,
  VERBS,
  type AuditExportChunk,
  type AuditFilter,
  type VerbCaller,
} from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';
import type { AuthorizeAdmin } from '../access/authorize-admin.js';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';
import { notAuthenticated, toAuthenticated } from '../authentication/authenticate-key.js';
import type { KeyAuthorities } from '../authentication/key-authorities.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';

export interface ExportRecordsParts {
  readonly peers: VerbCaller;
  readonly assertions: Assertions;
  readonly authorities: KeyAuthorities;
  readonly authorize: AuthorizeAdmin;
  readonly changes: DirectoryChanges;
  readonly logger: Logger;
}

export interface WantedExport {
  readonly format: 'csv' | 'jsonl';
  readonly filter: AuditFilter;
}

/**
 * Streams an export. One chunk is in memory at a time: the next is asked for when the client has taken the last. An
 * export may take longer than a right does, so key and policy are asked again for every chunk; whoever loses the right
 * half-way gets half an export that shows that it is one, because the connection breaks off.
 */
export class ExportRecords {
  constructor(private readonly parts: ExportRecordsParts) {}

  /**
   * The first chunk is fetched before this returns: what is wrong from the start is an error, not a broken download.
   * @throws AppError of audit or policy.
   */
  async run(admin: Admin, wanted: WantedExport): Promise<Readable> {
    await this.record(admin, wanted);
    const first = await this.chunk(admin, wanted, null);
    return Readable.from(this.chunks(admin, wanted, first), { objectMode: false });
  }

  private async *chunks(admin: Admin, wanted: WantedExport, first: AuditExportChunk): AsyncGenerator<Buffer> {
    let current = first;
    for (;;) {
      yield Buffer.from(current.chunk, 'utf8');
      if (current.next === null) return;
      current = await this.next(admin, wanted, current.next);
    }
  }

  private async next(admin: Admin, wanted: WantedExport, cursor: string): Promise<AuditExportChunk> {
    try {
      return await this.chunk(await this.renew(admin), wanted, cursor);
    } catch (err) {
      // The answer has begun: there is no other place left to say why it ends.
      this.parts.logger.warn({ err }, 'an export broke off');
      throw err;
    }
  }

  private chunk(
    admin: Admin,
    { filter, format }: WantedExport,
    cursor: string | null,
  ): Promise<AuditExportChunk> {
    const assertion = this.parts.assertions.issue(admin.principal, 'audit');
    return this.parts.peers.call(VERBS.auditExport, { assertion, filter, format, cursor });
  }

  /** The key as it is now, and policy's leave as of now. */
  private async renew(admin: Admin): Promise<Admin> {
    const { org, sid, gen } = admin.principal;
    const key = await this.parts.authorities.read(org, sid);
    if (key === null || !key.inForce || key.generation !== gen) throw notAuthenticated();
    const renewed = { ...admin, ...toAuthenticated(key) };
    await this.parts.authorize.run(renewed, 'audit.export');
    return renewed;
  }

  /** Who took data out, and which, is a fact before the first byte leaves. */
  private async record(admin: Admin, { format, filter }: WantedExport): Promise<void> {
    const { org } = admin.principal;
    const id = newId();
    await this.parts.changes.change(org, (_manager, note) =>
      note({
        org,
        action: 'audit.exported',
        by: admin,
        target: { type: 'export', id },
        version: '1',
        data: { format, filter: { ...filter } },
      }),
    );
  }
}
