/** A call's own deadline in these runs, milliseconds (default of the gateway: 60 s). */
export const CALL_DEADLINE_MS = 6_000;

/** A write whose outcome can't be recorded holds its answer back for so long after the upstream's, milliseconds. */
export const OUTCOME_WAIT_MS = 6_000;

/** Nothing else differs from `portcullis up`. */
export const TUNING: Record<string, Record<string, string>> = {
  gateway: {
    CALL_DEADLINE_MS: String(CALL_DEADLINE_MS),
    RATE_PRINCIPAL: '1000',
    RATE_TOOL: '1000',
    RATE_ORGANISATION: '1000',
  },
  // Longer than a call and its outcome may take.
  audit: { INTENT_DEADLINE_MS: '20000' },
};
