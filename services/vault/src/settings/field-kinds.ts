import { readFileSync } from 'node:fs';
import { Secret } from '@portcullis/contracts';
import { z } from 'zod';
import { rootSecretFault } from '../key-hierarchy/root-secret.js';

/** Says what is wrong and ends the parsing of the value. */
type Refuse = (message: string) => never;

const refusal =
  (context: z.RefinementCtx): Refuse =>
  (message) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };

/** The bytes are taken as they are, only line ends at their end are dropped: decoding them as text could weaken them. */
export function rootSecret(content: Buffer, refuse: Refuse): Secret {
  let end = content.byteLength;
  while (end > 0 && (content[end - 1] === 0x0a || content[end - 1] === 0x0d)) end -= 1;
  const secret = Secret.of(content.subarray(0, end));
  content.fill(0);
  const fault = rootSecretFault(secret.reveal());
  if (fault === null) return secret;
  secret.wipe();
  return refuse(fault);
}

/** Null when it can't be read. */
export function fileContent(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

export const unreadable = (what: string): string => `can not be read: path of a file with ${what}`;

/** Path of a file that is read again whenever it is needed: that it can be read now is seen at the start. */
export const readableFile = (what: string) =>
  z
    .string({ error: `is required: path of a file with ${what}` })
    .min(1, `is required: path of a file with ${what}`)
    .superRefine((path, context) => {
      const content = fileContent(path);
      if (content === null) refusal(context)(unreadable(what));
      else content.fill(0);
    });

/** Certificates of authorities (PEM), or null for those that Node knows. */
export const caFile = z
  .string()
  .min(1)
  .transform((path, context) => {
    const pem = fileContent(path)?.toString('utf8');
    if (pem === undefined) return refusal(context)(unreadable('certificates (PEM)'));
    return pem.includes('-----BEGIN CERTIFICATE-----') ? pem : refusal(context)('holds no certificate (PEM)');
  })
  .nullable()
  .default(null);

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const ADDRESS = 'must be https://host[:port] (http:// on loopback only), without path, user or query';

/** What is sent there are keys: there is no way to speak to anybody but loopback without TLS. */
export const serverAddress = z.string({ error: `is required: ${ADDRESS}` }).transform((text, context) => {
  const url = URL.parse(text);
  const secure = url?.protocol === 'https:';
  const near = url?.protocol === 'http:' && LOOPBACK.test(url.hostname);
  const bare = url !== null && `${url.origin}/` === url.href;
  return (secure || near) && bare ? url.origin : refusal(context)(ADDRESS);
});

export const hostAndPort = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i, 'must be host or host:port')
  .nullable()
  .default(null);

/** A part of a path: letters, digits and a few signs, so that it stays the part it is. */
export const pathPart = (what: string) =>
  z.string().regex(/^[\w.-]{1,128}$/, `must be ${what}: a-z A-Z 0-9 _ . -`);

/** Parts with slashes between, none at the ends. */
export const mountPath = z
  .string()
  .regex(/^[\w-]+(\/[\w-]+){0,7}$/, 'must be a path without a slash at its ends, for example transit');
