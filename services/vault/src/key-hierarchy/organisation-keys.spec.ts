import { randomBytes } from 'node:crypto';
import { AppError, newId, Secret } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { LocalKeyProvider } from '../adapters/local.key-provider.js';
import { ownerKeyContext } from '../ports/key-provider.contract.js';
import type { KeyProvider, OwnerKeyContext, WrappedOwnerKey } from '../ports/key-provider.js';
import { KeyVersionsInMemory } from '../ports/key-versions.fixture.js';
import { KeyProviders } from './key-providers.js';
import { OrganisationKeys, type CustomerKey } from './organisation-keys.js';

const local = (id: string) => new LocalKeyProvider(id, Secret.of(randomBytes(48)), new KeyVersionsInMemory());

/** Counts what it is asked, and can be away. */
class CustomersProvider implements KeyProvider {
  asked = 0;
  away = false;
  private readonly inner: KeyProvider;

  constructor(readonly reference: string) {
    this.inner = local(reference);
  }

  primary = () => this.ask(() => this.inner.primary());
  wrap = (key: Uint8Array, where: OwnerKeyContext) => this.ask(() => this.inner.wrap(key, where));
  unwrap = (wrapped: WrappedOwnerKey, where: OwnerKeyContext) =>
    this.ask(() => this.inner.unwrap(wrapped, where));
  rewrap = (wrapped: WrappedOwnerKey, where: OwnerKeyContext) =>
    this.ask(() => this.inner.rewrap(wrapped, where));
  describe = () => this.ask(() => this.inner.describe());
  check = () => this.ask(() => this.inner.check());
  close = () => this.inner.close();

  private async ask<T>(work: () => Promise<T>): Promise<T> {
    this.asked += 1;
    if (!this.away) return work();
    throw new AppError('KEY_UNAVAILABLE', `The key "${this.reference}" can not be used: it is disabled.`, {
      details: { key: this.reference, reason: 'disabled' },
    });
  }
}

describe('keys of organisations', () => {
  const acme = newId();
  const other = newId();
  let own: CustomersProvider;
  let home: LocalKeyProvider;
  beforeEach(() => {
    own = new CustomersProvider('acme-1');
    home = local('local-1');
  });
  const keysOf = (seals: boolean, ...more: CustomerKey[]) =>
    new OrganisationKeys(new KeyProviders(home), [{ org: acme, provider: own, seals }, ...more]);
  const of = (org: string): OwnerKeyContext => ({ ...ownerKeyContext(), org });
  const away = { code: 'KEY_UNAVAILABLE', details: { reason: 'disabled', organisation: acme } };

  it('seal for the organisation that brought one, and for nobody else', async () => {
    verifies('P11');
    const keys = keysOf(true);
    const [theirs, others] = [of(acme), of(other)];
    const [key, wrapped] = [randomBytes(32), await keys.wrap(randomBytes(32), others)];
    expect(wrapped.kekId).toBe('local-1');
    expect(own.asked).toBe(0);
    const sealed = await keys.wrap(key, theirs);
    expect(sealed.kekId).toBe('acme-1');
    expect((await keys.unwrap(sealed, theirs)).equals(key)).toBe(true);
    expect([await keys.primaryOf(acme), await keys.primaryOf(other), await keys.primary()]).toEqual([
      'acme-1',
      'local-1',
      'local-1',
    ]);
  });

  it('are not asked for another organisation, whatever a row says', async () => {
    verifies('P11', 'G1');
    const second = new CustomersProvider('umbrella-1');
    const keys = keysOf(true, { org: other, provider: second, seals: true });
    const theirs = of(acme);
    const sealed = await keys.wrap(randomBytes(32), theirs);
    own.asked = 0;
    for (const where of [{ ...theirs, org: other }, of(other), of(newId())]) {
      const foreign = {
        code: 'KEY_UNAVAILABLE',
        details: { kekId: 'acme-1', reason: 'other_organisation', organisation: where.org },
      };
      await expect(keys.unwrap(sealed, where)).rejects.toMatchObject(foreign);
      await expect(keys.rewrap(sealed, where)).rejects.toMatchObject(foreign);
    }
    // The id of one's own key on bytes of another's: the key itself refuses.
    const renamed = { ...sealed, kekId: 'umbrella-1' };
    await expect(keys.unwrap(renamed, { ...theirs, org: other })).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    });
    expect(own.asked).toBe(0);
  });

  it('are not stood in for by the installation while they are away', async () => {
    const keys = keysOf(true);
    const theirs = of(acme);
    const sealed = await keys.wrap(randomBytes(32), theirs);
    own.away = true;
    await expect(keys.wrap(randomBytes(32), theirs)).rejects.toMatchObject(away);
    await expect(keys.wrap(randomBytes(32), theirs)).rejects.toThrow(
      /is disabled.*the organisation's own key/,
    );
    await expect(keys.unwrap(sealed, theirs)).rejects.toMatchObject(away);
    await expect(keys.primaryOf(acme)).rejects.toMatchObject(away);
    expect((await keys.wrap(randomBytes(32), of(other))).kekId).toBe('local-1');
  });

  it('are moved to and away from, and open meanwhile', async () => {
    verifies('P11');
    const theirs = of(acme);
    const key = randomBytes(32);
    const before = await new OrganisationKeys(new KeyProviders(home)).wrap(key, theirs);
    const [to, from] = [keysOf(true), keysOf(false)];
    expect((await to.unwrap(before, theirs)).equals(key)).toBe(true);
    const moved = await to.rewrap(before, theirs);
    expect(moved.kekId).toBe('acme-1');
    expect((await from.unwrap(moved, theirs)).equals(key)).toBe(true);
    expect((await to.rewrap(moved, theirs)).kekId).toBe('acme-1');
    expect((await from.wrap(randomBytes(32), theirs)).kekId).toBe('local-1');
    const back = await from.rewrap(moved, theirs);
    expect(back.kekId).toBe('local-1');
    expect((await from.unwrap(back, theirs)).equals(key)).toBe(true);
  });

  it('of a customer that is away are told so, and the others as they are', async () => {
    const keys = keysOf(true);
    own.away = true;
    const problem = expect.stringContaining('disabled');
    expect(await keys.describe()).toEqual([
      { kekId: 'local-1', seals: true, opens: true, organisation: null, problem: null },
      { kekId: 'acme-1', seals: false, opens: false, organisation: acme, problem },
    ]);
    const { installation, customers } = await keys.targets();
    expect([installation, [...customers]]).toEqual(['local-1', [[acme, { kekId: 'acme-1', problem }]]]);
    expect([...(await keysOf(false).targets()).customers]).toEqual([]);
  });

  it('that are not configured fail for their organisation alone, by name', async () => {
    await expect(
      keysOf(true).unwrap({ kekId: 'vault:gone:v3', bytes: randomBytes(92) }, of(other)),
    ).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      details: { kekId: 'vault:gone:v3', reason: 'not_configured', organisation: other },
    });
  });

  it('are told apart by their ids, and one seals for an organisation', () => {
    const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
    const more = (org: string, id: string) => () =>
      keysOf(true, { org, provider: new CustomersProvider(id), seals: true });
    expect(more(other, 'acme-1')).toThrow(invalid);
    expect(more(other, 'local-1')).toThrow(invalid);
    expect(more(acme, 'acme-2')).toThrow(invalid);
    expect(more(other, 'acme-2')).not.toThrow();
  });
});
