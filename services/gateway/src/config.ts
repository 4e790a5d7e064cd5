import { operationsFields, parseConfig, serviceFields, trustedProxies } from '@portcullis/platform';
import { z } from 'zod';

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim().toLowerCase())
      .filter((item) => item !== ''),
  );

const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);

const schema = z.object({
  ...serviceFields,
  ...operationsFields,
  /** `host[:port]` names by which clients reach the gateway, comma-separated. */
  ALLOWED_HOSTS: list,
  /** Origins of browser-based clients, comma-separated. */
  ALLOWED_ORIGINS: list,
  TRUSTED_PROXIES: trustedProxies,
  /** Exactly these `host:port` pairs may be upstreams although they are private or plain http. */
  EGRESS_ALLOW: list,
  /** How long a call may take in all, milliseconds. */
  CALL_DEADLINE_MS: count(60_000),
  /** How long reading a server's list of tools may take, milliseconds. */
  CATALOGUE_DEADLINE_MS: count(10_000),
  MAX_BODY_BYTES: count(524_288),
  /** Calls a second, sustained, and the burst after a pause. */
  RATE_PRINCIPAL: count(50),
  RATE_TOOL: count(30),
  RATE_ORGANISATION: count(500),
});

export type Config = z.infer<typeof schema>;

export const parseGatewayConfig = (environment: NodeJS.ProcessEnv): Config =>
  parseConfig(schema, environment);

export const readConfig = (): Config => parseGatewayConfig(process.env);
