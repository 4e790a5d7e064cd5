import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** What PostgreSQL takes by default (`scram_iterations`). The passwords here are 256 random bits, beyond guessing. */
const ITERATIONS = 4096;
const SALT_BYTES = 16;

/**
 * What PostgreSQL stores of a password (SCRAM-SHA-256, RFC 5802 and RFC 7677), in its own notation. A role made with it
 * takes the password, and neither the script nor the database server ever has it.
 *
 * @param password ASCII letters, digits, `-` and `_`, which SASLprep leaves as they are
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  if (!/^[A-Za-z0-9_-]+$/.test(password)) throw new Error('A generated password is in base64url');
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
