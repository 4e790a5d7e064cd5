import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([\w-]+)\/(\w+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/;

export interface Signer {
  readonly secretAccessKey: string;
  readonly region: string;
}

/**
 * AWS Signature Version 4 as the service checks it ("Signature Version 4 for API requests"): null, or the error that it answers.
 */
export function signatureFault(
  request: IncomingMessage,
  body: Buffer,
  signerOf: (accessKeyId: string) => Signer | undefined,
):
  'MissingAuthenticationTokenException' | 'UnrecognizedClientException' | 'InvalidSignatureException' | null {
  const parsed = AUTHORIZATION.exec(request.headers.authorization ?? '');
  if (parsed === null) return 'MissingAuthenticationTokenException';
  const [accessKeyId, day, region, service, signed, given] = parsed.slice(1) as Six;
  const signer = signerOf(accessKeyId);
  if (signer === undefined) return 'UnrecognizedClientException';
  const names = signed.split(';');
  const scopeFits = region === signer.region && service === 'kms' && names.includes('host');
  const headers = names.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join('');
  const canonical = [request.method, '/', '', headers, signed, sha256(body)].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [region, service, 'aws4_request'].reduce(
    (derived, part) => hmac(derived, part),
    hmac(`AWS4${signer.secretAccessKey}`, day),
  );
  const right = hmac(key, toSign);
  return scopeFits && timingSafeEqual(right, Buffer.from(given, 'hex')) ? null : 'InvalidSignatureException';
}

type Six = [string, string, string, string, string, string];
