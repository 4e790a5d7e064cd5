/** PostgreSQL's advisory locks that replicas of the vault take: arbitrary numbers, but fixed. */

/** Only one replica relays facts at a time; two would be harmless (same record ids) but wasteful. */
export const RELAY_LOCK = 7_203_116;
/** Shared by whoever stores an owner key, exclusive for whoever retires a key that may have wrapped one. */
export const KEK_RETIREMENT_LOCK = 7_203_117;
/** Only one replica rewraps at a time; two would move each row once, but count in each other's way. */
export const REWRAP_LOCK = 7_203_118;
