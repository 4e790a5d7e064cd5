import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata, status, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import type {
  BatchAppendReq,
  BatchAppendResp,
  ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { startNode } from './node.js';
import { emptyProto, shared, streams, streamsGrpc } from './protocol/generated.js';
import {
  closeClient,
  EventStoreDBClient,
  eventsOf,
  jsonEvent,
  newEvent,
  newStream,
  streamNameFilter,
  type Client,
} from './testing/semantics/client.js';
import { Collector } from './testing/semantics/collector.js';
import { startEventStoreNode, type TestNode } from './testing/start-node.js';

type RawClient = InstanceType<typeof streamsGrpc.StreamsClient>;

describe('the embedded node', () => {
  let node: TestNode;
  let client: Client;
  let raw: RawClient;
  let authorized: Metadata;
  beforeAll(async () => {
    node = await startEventStoreNode();
    client = EventStoreDBClient.connectionString(node.url);
    const stored = JSON.parse(readFileSync(join(node.directory, 'credentials.json'), 'utf8'));
    const tls = credentials.createSsl(Buffer.from(stored.tls.certificate));
    raw = new streamsGrpc.StreamsClient(`localhost:${node.port}`, tls);
    authorized = new Metadata();
    authorized.set(
      'authorization',
      `Basic ${Buffer.from(`${stored.user}:${stored.password}`).toString('base64')}`,
    );
  });
  afterAll(async () => {
    raw?.close();
    if (client) await closeClient(client);
    await node?.stop();
  });

  /** The status that a raw read ends with, and what came before. */
  const readRaw = (request: InstanceType<typeof streams.ReadReq>, metadata = authorized) =>
    new Promise<{ error: ServiceError | undefined; responses: ReadResp[] }>((resolve) => {
      const responses: ReadResp[] = [];
      raw
        .read(request, metadata)
        .on('data', (response: ReadResp) => responses.push(response))
        .on('error', (error: ServiceError) => resolve({ error, responses }))
        .on('end', () => resolve({ error: undefined, responses }));
    });
  const readAll = () =>
    new streams.ReadReq.Options()
      .setAll(new streams.ReadReq.Options.AllOptions().setStart(new shared.Empty()))
      .setCount('10')
      .setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(new shared.Empty()))
      .setNoFilter(new shared.Empty());
  const reading = (options: ReturnType<typeof readAll>) => new streams.ReadReq().setOptions(options);

  describe('authentication', () => {
    const wrong = (header?: string) => {
      const metadata = new Metadata();
      if (header) metadata.set('authorization', header);
      return metadata;
    };

    it.each([
      ['no credentials', undefined],
      ['another scheme', 'Bearer x'],
      ['a wrong password', `Basic ${Buffer.from('portcullis:wrong').toString('base64')}`],
      ['an empty password', `Basic ${Buffer.from('portcullis:').toString('base64')}`],
      ['nothing after the scheme', 'Basic '],
    ])('refuses %s', async (_, header) => {
      const { error, responses } = await readRaw(reading(readAll()), wrong(header));
      expect(error?.code).toBe(status.UNAUTHENTICATED);
      expect(responses).toEqual([]);
    });

    it('is preceded by TLS: plain text and another certificate get nowhere', async () => {
      const other = await startEventStoreNode();
      const plain = node.url.replace(/\?.*/, '?tls=false');
      const foreign = other.url.replace(`:${other.port}`, `:${node.port}`);
      for (const url of [plain, foreign]) {
        const stranger = EventStoreDBClient.connectionString(url);
        await expect(stranger.appendToStream(newStream(), newEvent(0))).rejects.toThrow('UNAVAILABLE');
        await closeClient(stranger);
      }
      await other.stop();
    });

    it('uses a random password of its own that only its user can read', async () => {
      const file = join(node.directory, 'credentials.json');
      const other = await startEventStoreNode();
      const passwordOf = (path: string) => JSON.parse(readFileSync(path, 'utf8')).password as string;
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(passwordOf(file)).toMatch(/^[\w-]{43}$/);
      expect(passwordOf(file)).not.toBe(passwordOf(join(other.directory, 'credentials.json')));
      await other.terminate();
      chmodSync(join(other.directory, 'credentials.json'), 0o644);
      await expect(other.restart()).rejects.toThrow('set its mode to 0600');
      await other.stop();
    });
  });

  describe('requests', () => {
    it.each([
      ['no options', () => new streams.ReadReq()],
      ['neither stream nor $all', () => reading(readAll().setAll(undefined))],
      [
        'neither count nor subscription',
        () => reading(new streams.ReadReq.Options().setAll(readAll().getAll())),
      ],
      ['an empty stream name', () => reading(readAll().setStream(streamOptions('')))],
      [
        'a filter without an expression',
        () => reading(readAll().setFilter(filter().setStreamIdentifier(expression()))),
      ],
      [
        'a bad expression',
        () => reading(readAll().setFilter(filter().setEventType(expression().setRegex('(a')))),
      ],
      [
        'a back-reference',
        () => reading(readAll().setFilter(filter().setEventType(expression().setRegex('(a)\\1')))),
      ],
      [
        'a checkpoint interval of 0',
        () => reading(readAll().setFilter(filter(0).setEventType(expression().setRegex('a')))),
      ],
    ])('with %s are refused as INVALID_ARGUMENT', async (_, request) => {
      const { error } = await readRaw(request());
      expect(error?.code).toBe(status.INVALID_ARGUMENT);
    });

    it('for what is not offered are answered with UNIMPLEMENTED', async () => {
      const { error } = await readRaw(reading(readAll().setResolveLinks(true)));
      expect(error).toMatchObject({
        code: status.UNIMPLEMENTED,
        details: expect.stringContaining('link events'),
      });
      const persistent = client.createPersistentSubscriptionToStream('s', 'g', {} as never);
      await expect(persistent).rejects.toBeDefined();
    });

    it('get ids as numbers when they ask for them', async () => {
      const stream = newStream();
      const id = randomUUID();
      await client.appendToStream(stream, jsonEvent({ id, type: 't', data: {} }));
      const options = readAll().setStream(streamOptions(stream));
      options.setUuidOption(new streams.ReadReq.Options.UUIDOption().setStructured(new shared.Empty()));
      const { responses } = await readRaw(reading(options));
      const uuid = responses[0]!.getEvent()!.getEvent()!.getId()!.getStructured()!;
      const hex = [uuid.getMostSignificantBits(), uuid.getLeastSignificantBits()]
        .map((part) => BigInt.asUintN(64, BigInt(part)).toString(16).padStart(16, '0'))
        .join('');
      expect(hex).toBe(id.replaceAll('-', ''));
    });

    it('that are cancelled half-way store nothing', async () => {
      const stream = newStream();
      const call = raw.append(authorized, () => undefined);
      call.on('error', () => undefined);
      const identifier = new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
      const options = new streams.AppendReq.Options()
        .setStreamIdentifier(identifier)
        .setAny(new shared.Empty());
      call.write(new streams.AppendReq().setOptions(options));
      const message = new streams.AppendReq.ProposedMessage().setId(
        new shared.UUID().setString(randomUUID()),
      );
      message.getMetadataMap().set('type', 't').set('content-type', 'application/json');
      await new Promise((written) =>
        call.write(new streams.AppendReq().setProposedMessage(message), written),
      );
      call.cancel();
      await client.appendToStream(stream, newEvent(1), { expectedRevision: 'no_stream' });
      expect(await eventsOf(client.readStream(stream))).toHaveLength(1);
    });
  });

  describe('batch append', () => {
    let call: ClientDuplexStream<BatchAppendReq, BatchAppendResp>;
    const answers = new Map<string, (response: BatchAppendResp) => void>();
    beforeEach(() => {
      call = raw.batchAppend(authorized);
      call.on('data', (response: BatchAppendResp) =>
        answers.get(response.getCorrelationId()!.getString())?.(response),
      );
      call.on('error', () => undefined);
    });
    afterEach(() => call.cancel());

    const send = (stream: string, eventId: string, deadline = new Date(Date.now() + 10_000)) => {
      const correlation = randomUUID();
      const identifier = new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
      const options = new streams.BatchAppendReq.Options()
        .setStreamIdentifier(identifier)
        .setAny(new emptyProto.Empty())
        .setDeadline(timestamps.Timestamp.fromDate(deadline));
      const message = new streams.BatchAppendReq.ProposedMessage().setId(
        new shared.UUID().setString(eventId),
      );
      message.getMetadataMap().set('type', 't').set('content-type', 'application/json');
      const answer = new Promise<BatchAppendResp>((resolve) => answers.set(correlation, resolve));
      call.write(requestOf(correlation, options, message));
      return answer;
    };
    const requestOf = (
      correlation: string,
      options: BatchAppendReq.Options,
      message: BatchAppendReq.ProposedMessage,
    ): BatchAppendReq =>
      new streams.BatchAppendReq()
        .setCorrelationId(new shared.UUID().setString(correlation))
        .setOptions(options)
        .setProposedMessagesList([message])
        .setIsFinal(true);

    it('answers a refused append by itself and goes on with the others', async () => {
      const stream = newStream();
      const bad = await send(stream, 'not a uuid');
      expect(bad.getError()?.getDetails()?.getTypeName()).toBe('event_store.client.BadRequest');
      expect(Buffer.from(bad.getStreamIdentifier()!.getStreamName_asU8()).toString()).toBe(stream);
      const late = await send(stream, randomUUID(), new Date(Date.now() - 1_000));
      expect(late.getError()?.getDetails()?.getTypeName()).toBe('event_store.client.Timeout');
      const good = await send(stream, randomUUID());
      expect(good.getSuccess()?.getCurrentRevision()).toBe('0');
    });
  });

  describe('the process', () => {
    it('listens on loopback only', async () => {
      const options = { data: ':memory:', host: '0.0.0.0', port: 0, credentialsFile: 'unused' };
      await expect(startNode(options)).rejects.toThrow('loopback only');
    });

    it('does not open a database that another node has open', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'second-'));
      const options = { host: '127.0.0.1', port: 0, credentialsFile: join(directory, 'credentials.json') };
      await expect(startNode({ ...options, data: join(node.directory, 'events.db') })).rejects.toThrow(
        'another node has it open',
      );
      rmSync(directory, { recursive: true });
    });

    it('ends cleanly on SIGTERM with subscriptions open, and goes on where it was', async () => {
      const own = await startEventStoreNode();
      const user = EventStoreDBClient.connectionString(own.url);
      const stream = newStream();
      await user.appendToStream(stream, newEvent(1));
      const filter = streamNameFilter({ prefixes: [stream] });
      const collector = new Collector().follow(user.subscribeToAll({ filter }));
      await collector.until(() => collector.events.length === 1);
      expect(await own.terminate()).toBe(0);
      await collector.until(() => collector.error !== undefined);
      expect(collector.error).toMatchObject({ type: 'unavailable' });
      await own.restart();
      const again = EventStoreDBClient.connectionString(own.url);
      expect(await eventsOf(again.readStream(stream))).toHaveLength(1);
      await Promise.all([closeClient(user), closeClient(again)]);
      await own.stop();
    });
  });
});

const streamOptions = (name: string) =>
  new streams.ReadReq.Options.StreamOptions()
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(name)))
    .setStart(new shared.Empty());
const filter = (interval = 1) =>
  new streams.ReadReq.Options.FilterOptions()
    .setCount(new shared.Empty())
    .setCheckpointintervalmultiplier(interval);
const expression = () => new streams.ReadReq.Options.FilterOptions.Expression();
