import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  HINTS,
  newId,
  REQUEST_HEADER,
  signRequest,
  VerbCaller,
  VERBS,
  type RenewLeaseRequest,
  type ServiceName,
} from '@portcullis/contracts';
import { createLogger, NatsRequester, ReplicaLease } from '@portcullis/platform';
import { eventually } from '@portcullis/platform/testing';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import type { DataSource } from 'typeorm';
import {
  bootstrap,
  request,
  startFixture,
  superuser,
  type ControlFixture,
  type Tenant,
} from './control-fixture.js';

let fixture: ControlFixture;
let home: Tenant;
let database: DataSource;
let second: string;
const connections: NatsConnection[] = [];
const replicas: Replica[] = [];

beforeAll(async () => {
  fixture = await startFixture();
  home = await bootstrap(fixture);
  database = await superuser(fixture);
  second = (await fixture.startReplica()).url;
});
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.leave()));
});
afterAll(async () => {
  await database?.destroy();
  await Promise.all(connections.map((connection) => connection.close()));
  await fixture?.stop();
});

/** A replica as gateway, policy and vault have it, whose work of applying a change the test holds in its hand. */
class Replica {
  readonly applied: (readonly string[] | null)[] = [];
  renewals = 0;
  apply: () => Promise<void> = async () => undefined;
  /** Nothing of it reaches control, as if the process stood still. */
  stands = false;
  readonly lease: ReplicaLease;

  constructor(caller: VerbCaller) {
    this.lease = new ReplicaLease({
      caller: {
        call: async (verb, asked) => {
          if (this.stands) await new Promise(() => undefined);
          this.renewals += 1;
          return caller.call(verb, asked);
        },
      },
      apply: async (changed) => {
        this.applied.push(changed);
        await this.apply();
      },
      logger: createLogger('test', 'silent'),
    });
  }

  leave = (): Promise<void> => (this.stands ? Promise.resolve() : this.lease.stop());
}

async function join(service: 'gateway' | 'policy' | 'vault', { hints = true } = {}): Promise<Replica> {
  const connection = await fixture.nats.connectAs(service);
  connections.push(connection);
  const replica = new Replica(new VerbCaller(new NatsRequester(connection), fixture.trust.keyring(service)));
  if (hints) replica.lease.listen(connection);
  await replica.lease.start();
  replicas.push(replica);
  return replica;
}

let roles = 0;
/** A change that only policy stores. */
const change = (url = fixture.url) =>
  request(url, 'POST', '/api/roles', { key: home.key, body: { role: `role-${(roles += 1)}` } });

describe('a change', () => {
  it('is answered when every replica has applied it, whichever control is asked', async () => {
    const [gateway, policy, vault] = await Promise.all([join('gateway'), join('policy'), join('vault')]);
    for (const url of [fixture.url, second]) {
      let release = (): void => undefined;
      policy.apply = () => new Promise<void>((resolve) => void (release = resolve));
      const answer = change(url);
      let answered = false;
      void answer.then(() => (answered = true));
      await eventually(() => {
        for (const replica of [gateway, policy, vault]) expect(replica.applied.at(-1)).toEqual([home.org]);
      });
      await database.query('SELECT pg_sleep(0.2)');
      expect(answered).toBe(false);
      policy.apply = async () => undefined;
      release();
      expect((await answer).status).toBe(200);
      for (const replica of [gateway, policy, vault]) replica.applied.length = 0;
    }
  });

  it('takes little longer than its hint, and half a second without one', async () => {
    await join('gateway');
    const started = performance.now();
    for (let count = 0; count < 10; count += 1) expect((await change()).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(3000);
    await join('policy', { hints: false });
    const [before, answer] = [performance.now(), await change()];
    expect(answer.status).toBe(200);
    expect(performance.now() - before).toBeLessThan(1500);
  });

  it('waits for a replica that stands still until its lease has lapsed, then never again', async () => {
    const [gateway, other] = [await join('gateway'), await join('policy')];
    gateway.stands = true;
    const started = performance.now();
    expect((await change()).status).toBe(200);
    const elapsed = performance.now() - started;
    // It had renewed at most half a second before it stood still.
    expect(elapsed).toBeGreaterThan(1500);
    expect(elapsed).toBeLessThan(4500);
    // Whatever it does when it goes on: by then it does not serve.
    expect(gateway.lease.isHeld).toBe(false);
    expect(other.lease.isHeld).toBe(true);
    const again = performance.now();
    expect((await change()).status).toBe(200);
    expect(performance.now() - again).toBeLessThan(1500);
  });

  it('does not wait for a replica that has stopped in order', async () => {
    const gateway = await join('gateway');
    await gateway.lease.stop();
    const started = performance.now();
    expect((await change()).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it('is not confirmed when the database can not be asked, and is when it is sent again', async () => {
    await database.query('REVOKE EXECUTE ON FUNCTION control.barrier_advance(text) FROM control_app');
    const role = `role-${(roles += 1)}`;
    const send = () => fixture.api('POST', '/api/roles', { key: home.key, body: { role } });
    expect(await send()).toMatchObject({ status: 503, body: { code: 'UNCONFIRMED' } });
    const { body } = await fixture.api('GET', '/api/roles', { key: home.key });
    expect(JSON.stringify(body)).toContain(role);
    // What was not there before answers all the same: an error would lose the key that it is shown in.
    const founding = { name: 'Unconfirmed Ltd', admin: { name: 'Olga', email: null } };
    const founded = await fixture.api('POST', '/api/organisations', { key: home.key, body: founding });
    expect(founded).toMatchObject({ status: 201, body: { adminKey: expect.any(String) } });
    await database.query('GRANT EXECUTE ON FUNCTION control.barrier_advance(text) TO control_app');
    expect((await send()).status).toBe(200);
  });

  it('is only passed for what changes something', async () => {
    const position = async () =>
      Number((await database.query('SELECT position FROM control.barrier_position'))[0].position);
    const before = await position();
    for (const path of ['/api/users', '/api/policy', '/api/servers']) {
      expect((await fixture.api('GET', path, { key: home.key })).status).toBe(200);
    }
    expect((await fixture.api('DELETE', `/api/keys/${newId()}`, { key: home.key })).status).toBe(404);
    expect(await position()).toBe(before);
    await change();
    expect(await position()).toBe(before + 1);
  });
});

describe('a new organisation', () => {
  it('is the one that replicas are told of', async () => {
    const policy = await join('policy');
    const body = { name: 'Founded Ltd', admin: { name: 'Olga', email: null } };
    const { status, body: founded } = await fixture.api('POST', '/api/organisations', {
      key: home.key,
      body,
    });
    expect(status).toBe(201);
    expect(policy.applied.at(-1)).toEqual([founded.organisation]);
  });
});

describe('who renews', () => {
  /** Over a connection that may ask, but with only this service's keys. */
  const renewAs = async (service: ServiceName, asked: RenewLeaseRequest, times = 1) => {
    const connection = await fixture.nats.connectAs('policy');
    connections.push(connection);
    const { subject } = VERBS.renewLease;
    const body = Buffer.from(JSON.stringify(asked));
    const token = headers();
    token.set(REQUEST_HEADER, signRequest(fixture.trust.keyring(service), 'control', subject, body));
    const answers = [];
    for (let count = 0; count < times; count += 1) {
      const answer = await connection.request(subject, body, { headers: token, timeout: 3000 });
      answers.push(JSON.parse(answer.string()));
    }
    return answers;
  };

  it('can not be a service that holds no caches', async () => {
    const [answer] = await renewAs('audit', { replica: newId(), acknowledged: null });
    expect(answer).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  });

  it('can not renew for another service: the change still waits', async () => {
    const gateway = await join('gateway');
    let release = (): void => undefined;
    gateway.apply = () => new Promise<void>((resolve) => void (release = resolve));
    let answered = false;
    const answer = change().then(({ status }) => {
      answered = true;
      return status;
    });
    await eventually(() => expect(gateway.applied.at(-1)).toEqual([home.org]));
    const rows = await database.query(
      `SELECT replica, told FROM control.replica_leases WHERE service = 'gateway'`,
    );
    const forged = { replica: rows[0].replica, acknowledged: Number(rows[0].told) };
    expect((await renewAs('policy', forged))[0]).toMatchObject({ extended: false });
    await database.query('SELECT pg_sleep(0.2)');
    expect(answered).toBe(false);
    release();
    expect(await answer).toBe(200);
  });

  it('can not be a recording of an earlier renewal', async () => {
    const answers = await renewAs('gateway', { replica: newId(), acknowledged: null }, 4);
    const refused = answers.filter((answer) => answer.error?.details?.reason === 'replayed');
    // Each replica of control takes it once.
    expect(refused.length).toBeGreaterThanOrEqual(2);
  });
});

describe('a flood of hints', () => {
  it('costs each replica a bounded number of renewals', async () => {
    const gateway = await join('gateway');
    const operator = await fixture.nats.connectAsOperator();
    connections.push(operator);
    const [before, started] = [gateway.renewals, performance.now()];
    for (let count = 0; count < 20_000; count += 1) operator.publish(HINTS.changed.subject);
    await operator.flush();
    await eventually(() => expect(performance.now() - started).toBeGreaterThan(1000));
    expect(gateway.renewals - before).toBeLessThanOrEqual(2 + (performance.now() - started) / 50);
    expect(gateway.lease.isHeld).toBe(true);
  });
});
