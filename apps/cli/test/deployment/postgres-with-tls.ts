import { chownSync, copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/**
 * Gives a running cluster the certificate, key and host rules that were provisioned, as the compose file's command does:
 * what comes over the network without TLS is refused from then on, also the superuser.
 */
export async function speakTlsOnly(
  cluster: string,
  provisioned: string,
  superuserUrl: string,
): Promise<void> {
  const { uid, gid } = statSync(cluster);
  for (const file of ['server.crt', 'server.key', 'pg_hba.conf']) {
    copyFileSync(join(provisioned, file), join(cluster, file));
    chownSync(join(cluster, file), uid, gid);
  }
  await query(superuserUrl, `ALTER SYSTEM SET ssl_cert_file = 'server.crt'`);
  await query(superuserUrl, `ALTER SYSTEM SET ssl_key_file = 'server.key'`);
  await query(superuserUrl, `ALTER SYSTEM SET ssl_min_protocol_version = 'TLSv1.2'`);
  await query(superuserUrl, 'ALTER SYSTEM SET ssl = on');
  await query(superuserUrl, 'SELECT pg_reload_conf()');
}

export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result: pg.QueryResult<Record<string, unknown>> = await client.query(text);
    return result.rows;
  } finally {
    await client.end();
  }
}
