import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The account that the containers run as and that all files belong to. */
export interface Owner {
  uid: number;
  gid: number;
}

/** Belongs to nobody on common distributions. */
const DEFAULT_FOR_ROOT: Owner = { uid: 10_001, gid: 10_001 };

/**
 * Whose the files are to be: `uid:gid` as wanted; without a wish the caller, or an account of no one when the caller is
 * root. Throws for root (no container runs as root) and for another account when only root could give files to it.
 */
export function resolveOwner(wanted: string | undefined, caller: Owner): Owner {
  const owner = wanted === undefined ? (caller.uid === 0 ? DEFAULT_FOR_ROOT : caller) : parse(wanted);
  if (owner.uid === 0 || owner.gid === 0)
    throw new Error('Containers do not run as root; name another account');
  if (caller.uid !== 0 && (owner.uid !== caller.uid || owner.gid !== caller.gid)) {
    throw new Error('Only root can give files to another account; run this as root, or as that account');
  }
  return owner;
}

function parse(text: string): Owner {
  const [, uid, gid] = /^(\d{1,9}):(\d{1,9})$/.exec(text) ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error(`"${text}" is not a user: write uid:gid in digits`);
  return { uid: Number(uid), gid: Number(gid) };
}

/** Gives a directory with everything in it to the owner. There are no links in what provisioning makes. */
export function giveTo({ uid, gid }: Owner, directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(directory, entry), uid, gid);
  }
  chownSync(directory, uid, gid);
}
