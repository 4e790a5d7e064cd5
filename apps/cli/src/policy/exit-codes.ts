/** What `portcullis policy …` ends with, for scripts and CI. */
export const EXIT = {
  /** Well; for `plan`: nothing would change. */
  ok: 0,
  /** A test failed, or the policy has errors. */
  failed: 1,
  /** It could not be done: wrong usage, files that can't be read, an installation that refuses or does not answer. */
  unusable: 2,
  /** `plan` only: it would change something. */
  changes: 3,
} as const;
