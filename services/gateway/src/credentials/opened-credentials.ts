import { AppError, type Injection, type Secret } from '@portcullis/contracts';

/** Slot → credential, in clear for one call. */
export class OpenedCredentials {
  constructor(private readonly bySlot: ReadonlyMap<string, Secret>) {}

  static readonly none = new OpenedCredentials(new Map());

  /** Header lines for the upstream, as the server's slots say. @throws AppError `CREDENTIAL_MISSING` */
  headers(slots: readonly Injection[]): Record<string, string> {
    return Object.fromEntries(
      slots.map(({ slot, header, prefix }) => {
        const secret = this.bySlot.get(slot);
        if (secret === undefined)
          throw new AppError('CREDENTIAL_MISSING', `The credential for slot "${slot}" is missing.`);
        return [header.toLowerCase(), prefix + secret.revealText()];
      }),
    );
  }

  entries(): Iterable<[string, Secret]> {
    return this.bySlot;
  }

  wipe(): void {
    for (const secret of this.bySlot.values()) secret.wipe();
  }
}
