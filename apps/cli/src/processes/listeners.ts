import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** `0A` in the fourth column of proc_net_tcp(5). */
const LISTENING = '0A';

/**
 * Inodes of the sockets that listen on this TCP port, on whatever local address: also those of programs that the caller
 * may not look into.
 */
export function listeningSockets(port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6'].flatMap((table) =>
    linesOf(`/proc/net/${table}`)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTENING && fields[1]?.endsWith(wanted))
      .map((fields) => fields[9] ?? ''),
  );
}

/** Whether one of these sockets is open in the process; false also when one may not look. */
export function hasSocket(pid: number, inodes: readonly string[]): boolean {
  const links = inodes.map((inode) => `socket:[${inode}]`);
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => links.includes(linkOf(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false;
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

/** Empty for a descriptor that was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
