import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';
import { verifies } from '../verifies.js';
import { noSecretLogging } from './no-secret-logging.mjs';

const fixture = join(dirname(fileURLToPath(import.meta.url)), 'fixtures', 'secret-logging');

const PREAMBLE = `
import { IncomingMessage, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import util, { inspect } from 'node:util';
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { env } from 'node:process';
import { Logger } from '@nestjs/common';
import type { MsgHdrs } from '@nats-io/nats-core';
import pino from 'pino';
import { Secret } from '../../../../libs/contracts/src/sensitive/secret.js';
import { show, clearText, fingerprint, report, reportTwice, count } from './wrappers.js';
const logger = pino();
const nest = new Logger('x');
declare const secret: Secret;
declare const request: IncomingMessage;
declare const headers: IncomingHttpHeaders;
declare const sent: OutgoingHttpHeaders;
declare const response: Response;
declare const natsHeaders: MsgHdrs;
declare const session: { id: string; user: { token: Secret } };
declare const deep: { a: { b: { c: Secret } } };
declare const many: Map<string, Secret>;
declare const some: Secret | undefined;
declare function lookUp(id: string): Promise<Secret>;
`;

const leaks: Record<string, string[]> = {
  'the environment': [
    `logger.info(process.env)`,
    `logger.info({ env: process.env }, 'started')`,
    `logger.info(process.env.DATABASE_URL)`,
    `logger.info(process.env['DATABASE_URL'])`,
    `logger.info(env.TOKEN)`,
    `logger.info({ ...process.env })`,
    `const copy = { ...process.env }; console.log(copy)`,
    `const { DATABASE_URL } = process.env; logger.warn({ DATABASE_URL })`,
    `const { DATABASE_URL: url = 'none' } = process.env; logger.warn(\`connecting to \${url}\`)`,
    `const { env: e } = process; logger.info(e.X)`,
    `for (const [, value] of Object.entries(process.env)) console.error(value)`,
    `Object.entries(process.env).forEach(([name, value]) => logger.info({ name, value }))`,
    `for (const value of Object.values(process.env)) console.error(value)`,
    `logger.info(Object.values(process.env).join())`,
    `const password = process.env.PASSWORD ?? 'x'; logger.info('p=' + password)`,
    `const read = () => process.env.PASSWORD; logger.info(read())`,
    `logger.info(Reflect.get(process.env, 'PASSWORD'))`,
  ],
  'raw headers': [
    `logger.info(request.headers)`,
    `logger.info({ headers: request.headers })`,
    `logger.info({ request })`,
    `logger.info({ auth: request.headers.authorization })`,
    `logger.info(request.headers['authorization'])`,
    `const { authorization } = request.headers; logger.info(authorization)`,
    `const { headers: { authorization } } = request; logger.info(authorization)`,
    `const { headers: h } = request; logger.debug(h)`,
    `function handle(req: IncomingMessage) { console.log(req.headers) }`,
    `function handle({ headers }: IncomingMessage) { console.log(headers.cookie) }`,
    `logger.info(headers)`,
    `function handle({ authorization }: IncomingHttpHeaders) { logger.info({ authorization }) }`,
    `logger.info(sent)`,
    `logger.info(response.headers.get('set-cookie'))`,
    `logger.info(Object.fromEntries(response.headers))`,
    `logger.info(new Headers({ a: 'b' }))`,
    `logger.info({ h: natsHeaders })`,
    `logger.info(natsHeaders.get('Authorization'))`,
  ],
  'a Secret': [
    `logger.info(secret)`,
    `logger.info('token', secret)`,
    `logger.error({ secret })`,
    `logger.error({ a: [{ b: secret }] })`,
    `logger.info(session)`,
    `logger.info({ ...session })`,
    `logger.info(session.user)`,
    `logger.info(session.user.token)`,
    `logger.info(deep)`,
    `logger.info(many)`,
    `function log<T extends { key: Secret }>(value: T) { logger.info(value) }`,
    `function log({ key }: { key: Secret }) { logger.info({ key }) }`,
    `logger.info([...many.values()])`,
    `logger.info(some)`,
    `logger.info(some ?? 'none')`,
    `logger.info(secret ? secret : 'none')`,
    `async function f() { logger.info(await lookUp('x')) }`,
    `logger.info(JSON.stringify({ secret }))`,
    `logger.info(inspect(secret))`,
    `logger.info(util.inspect({ secret }))`,
    `logger.info(util.format('%s', secret))`,
    `logger.info(String(secret))`,
    `logger.info(secret as unknown as string)`,
    `logger.info(secret as any)`,
    `const alias = secret; const again = alias; logger.info({ again })`,
    `const { user } = session; logger.info(user)`,
    `const { user: { token } } = session; logger.info(token)`,
    `class Sealer { constructor(private readonly key: Secret) {} run() { nest.log(this.key) } }`,
    `class Sealer { constructor(private readonly key: Secret) {} run() { nest.log(this) } }`,
    `function log(value: Secret) { logger.info(value) }`,
    `[secret].forEach((s) => console.log(s))`,
  ],
  'what was revealed of a secret': [
    `logger.info(secret.revealText())`,
    `logger.info(secret.reveal())`,
    `logger.info(secret.reveal().toString('hex'))`,
    `logger.info(\`token=\${secret.revealText()}\`)`,
    `logger.info('token=' + secret.revealText().slice(0, 4))`,
    `const text = secret.revealText(); logger.info({ text })`,
    `let text = ''; text = secret.revealText(); logger.info(text)`,
    `let text = 'a'; text += secret.revealText(); logger.info(text)`,
    `const parts: string[] = []; parts.push(secret.revealText()); logger.info(parts)`,
    `const fields: Record<string, string> = {}; fields.token = secret.revealText(); logger.info(fields)`,
    `const fields = { token: secret.revealText(), id: 'x' }; logger.info(fields)`,
    `const fields = { token: secret.revealText(), id: 'x' }; logger.info(fields.token)`,
    `const { token } = { token: secret.revealText() }; logger.info(token)`,
    `const reveal = () => secret.revealText(); logger.info(reveal())`,
    `logger.info(encodeURIComponent(secret.revealText()))`,
    `logger.info(Buffer.from(secret.revealText()).toString('base64'))`,
    `logger.info(Buffer.concat([secret.reveal()]))`,
    `logger.info(['a', secret.revealText()].join(':'))`,
    `logger.info('x'.concat(secret.revealText()))`,
    `logger.error(new Error(secret.revealText()))`,
    `logger.error({ err: new TypeError('bad ' + secret.revealText()) })`,
    `logger.info(secret.revealText()!)`,
    `logger.info((secret.revealText()))`,
    `class Holder { text = secret.revealText(); show() { logger.info(this.text) } }`,
    `class Holder { text = ''; set() { this.text = secret.revealText() } show() { logger.info(this.text) } }`,
  ],
  'a function that hands it on': [
    `logger.info(show(secret))`,
    `logger.info(clearText(secret))`,
    `const id = <T,>(value: T): T => value; logger.info(id(secret.revealText()))`,
    `function pick(o: { a: unknown }) { return o.a } logger.info(pick({ a: secret }))`,
    `report('info', secret)`,
    `reportTwice({ secret })`,
    `const say = (text: string) => logger.info(text); say(secret.revealText())`,
    `const say = (text: string) => { logger.info('x ' + text) }; say(process.env.TOKEN ?? '')`,
    `class Out { line(text: string) { process.stdout.write(text) } } new Out().line(secret.revealText())`,
  ],
  'another way to log': [
    `console.log(secret)`,
    `console.table([session])`,
    `console.dir(session)`,
    `console['error'](secret)`,
    `globalThis.console.log(secret)`,
    `nest.error('failed', secret)`,
    `Logger.log(secret)`,
    `process.stdout.write(secret.revealText())`,
    `process.stderr.write(secret.reveal())`,
    `const out = process.stdout; out.write(secret.revealText())`,
    `const { stderr } = process; stderr.write(secret.revealText())`,
    `process.emitWarning(secret.revealText())`,
    `writeSync(2, secret.revealText())`,
    `logger.child({ secret })`,
    `logger.child({ module: 'x' }).info(secret)`,
    `logger?.info(secret)`,
    `const { info } = logger; info(secret)`,
    `const { log: print } = console; print(secret)`,
    `const info = logger.info.bind(logger); info(secret)`,
    `const info = logger.info; info(secret)`,
    `logger.info.call(logger, secret)`,
    `logger.info.apply(logger, [secret])`,
    `const out = logger; out.info(secret)`,
    `function use(sink: pino.Logger) { sink.fatal(secret) }`,
    `function use(write: pino.LogFn) { write({ secret }) }`,
    `logger[session.id as 'info'](secret)`,
    `logger.info(...[secret])`,
    `class A { #log = pino(); run() { this.#log.info(secret) } }`,
    `class A { private readonly auditLogger = pino(); run() { this.auditLogger.info(secret) } }`,
  ],
};

const fine: string[] = [
  `logger.info('started')`,
  `logger.info({ id: session.id }, 'opened')`,
  `logger.info({ size: secret.byteLength })`,
  `logger.info({ length: secret.revealText().length })`,
  `logger.info({ present: some !== undefined })`,
  `logger.info(secret ? 'set' : 'unset')`,
  `logger.info(typeof secret)`,
  `logger.info(fingerprint(secret))`,
  `logger.info(createHash('sha256').update(secret.reveal()).digest('hex'))`,
  `logger.info({ method: request.method, status: response.status })`,
  `logger.info(Object.keys(process.env))`,
  `for (const [name] of Object.entries(process.env)) console.error(name)`,
  `Object.entries(process.env).forEach(([name]) => console.error(name))`,
  `logger.info([...many.keys()])`,
  `logger.info(Object.keys(request.headers).length)`,
  `logger.info({ hasCookie: 'cookie' in request.headers })`,
  `logger.info({ has: natsHeaders.has('x') })`,
  `logger.info(process.pid, process.version)`,
  `const { id } = session; logger.info(id)`,
  `const fields = { token: secret.revealText(), id: 'x' }; logger.info(fields.id)`,
  `const { id } = { token: secret.revealText(), id: session.id }; logger.info(id)`,
  `lookUp('x').catch((error) => logger.error({ err: error }))`,
  `async function f() { try { await lookUp('x') } catch (error) { logger.error({ err: error }, 'look-up failed') } }`,
  `logger.error({ err: new Error('bad token') })`,
  `const text = secret.revealText(); logger.info('used'); send(text); declare function send(t: string): void;`,
  `count([secret])`,
  `const catalog = { info: (s: Secret) => s.byteLength }; catalog.info(secret)`,
  `const say = (text: string) => logger.info(text); say('hello')`,
  `const say = (name: string, key: Secret) => { logger.info(name); return key }; say('a', secret)`,
  `process.stdout.write('ready\\n')`,
  `declare const socket: { write(data: string): void }; socket.write(secret.revealText())`,
  `const a = { next: undefined as unknown }; a.next = a; logger.info(a)`,
  `type Node = { child?: Node; name: string }; declare const node: Node; logger.info(node)`,
  `const f = (n: number): string => (n > 0 ? f(n - 1) : 'end'); logger.info(f(3))`,
];

RuleTester.describe = describe;
RuleTester.it = it;
const tester = new RuleTester({
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: {
      project: [join(fixture, 'tsconfig.json')],
      tsconfigRootDir: fixture,
      // Otherwise, with CI=true, the file on disk would be linted instead of each case's text.
      disallowAutomaticSingleRunInference: true,
    },
  },
});
const filename = join(fixture, 'case.ts');
const rule = noSecretLogging as unknown as Parameters<RuleTester['run']>[1];

describe('no-secret-logging', () => {
  verifies('H5');
  for (const [what, cases] of Object.entries(leaks)) {
    tester.run(`rejects ${what}`, rule, {
      valid: [],
      invalid: cases.map((code) => ({ name: code, code: PREAMBLE + code, filename, errors: 1 })),
    });
  }
  tester.run('accepts what carries no secret', rule, {
    valid: fine.map((code) => ({ name: code, code: PREAMBLE + code, filename })),
    invalid: [],
  });
});
