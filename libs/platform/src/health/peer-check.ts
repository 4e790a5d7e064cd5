import { AppError, VERBS, type VerbCaller } from '@portcullis/contracts';
import type { ReadinessCheck } from './readiness.js';

const READY = {
  control: VERBS.controlReady,
  policy: VERBS.policyReady,
  audit: VERBS.auditReady,
  vault: VERBS.vaultReady,
} as const;

/** Longer than the peer gives its own checks, so that it can still say what is wrong. */
const TIMEOUT_MS = 2000;

/** Whether another service can serve: it is asked, over the way that calls take. */
export function peerCheck(caller: VerbCaller, peer: keyof typeof READY): Omit<ReadinessCheck, 'degrades'> {
  return {
    name: peer,
    timeoutMs: TIMEOUT_MS,
    check: async () => {
      const { ready, problems } = await caller.call(READY[peer], {}, { timeoutMs: TIMEOUT_MS - 100 });
      if (!ready) throw new AppError('UNAVAILABLE', `not ready: ${problems.join('; ')}`);
    },
  };
}
