import { readFileSync } from 'node:fs';

export interface Account {
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root. For root this is the account to run it as (`postgres` where the system has one,
 * else `nobody`); for everybody else null: the server runs as whoever starts it.
 */
export function unprivilegedAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const fields = accounts.find(([candidate]) => candidate === name);
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error('PostgreSQL refuses to run as root, and /etc/passwd has neither "postgres" nor "nobody".');
}
