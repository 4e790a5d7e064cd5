/** What the callers of the load do, and what each needs: the names are those of the samples, whose labels are seeded. */
export const KINDS = {
  /** A read without credential. */
  read: { slug: 'everything', tool: 'echo' },
  /** A read for which the vault opens a credential. */
  credential: { slug: 'notes', tool: 'list_notes' },
  /** A write: its outcome is on record before the answer goes out. */
  write: { slug: 'everything', tool: 'toggle-simulated-logging' },
  /** Has no label, so policy denies it, always: it must never run. */
  denied: { slug: 'everything', tool: 'get-env' },
} as const;

export type Kind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as Kind[];

export const TOOLS = {
  plain: [KINDS.read.tool, KINDS.write.tool, KINDS.denied.tool],
  guarded: [KINDS.credential.tool],
};
