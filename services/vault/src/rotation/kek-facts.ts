import type { FactEntry, RotationReport } from '@portcullis/contracts';
import { fact } from '../facts/facts.js';
import type { NewRun } from './rewrap-runs.js';
import type { RequestedBy, RewrapRun } from './rewrap-run.js';

const targetOf = (kekId: string) => ({ type: 'kek', id: kekId });

const by = ({ org, kind, sub }: RequestedBy) => ({ org, actor: { kind, id: sub } });

/** `rotated`: a version that seals from now on. `retired`: one that, with all before it, opens nothing any more. */
export const kekChanged = (
  what: 'rotated' | 'retired',
  requested: RequestedBy,
  { kekId, now }: { kekId: string; now: Date },
): FactEntry =>
  fact(
    {
      ...by(requested),
      action: `kek.${what}`,
      target: targetOf(kekId),
      data: { call: requested.call, intent: requested.intent },
    },
    [kekId, requested.call],
    now,
  );

export const rewrapStarted = ({
  id,
  target,
  requestedBy,
  rowsPerSecond,
  before,
  startedAt,
}: NewRun): FactEntry =>
  fact(
    {
      ...by(requestedBy),
      action: 'kek.rewrapStarted',
      target: targetOf(target),
      data: { rewrap: id, rowsPerSecond, before, call: requestedBy.call, intent: requestedBy.intent },
    },
    [id],
    new Date(startedAt),
  );

export const rewrapEnded = (run: RewrapRun, report: RotationReport, at: Date): FactEntry =>
  fact(
    {
      org: run.requestedBy.org,
      actor: { kind: 'service', id: 'vault' },
      action: 'kek.rewrapEnded',
      target: targetOf(report.target),
      data: {
        rewrap: run.id,
        moved: report.moved,
        unmoved: report.unmoved,
        passedOver: report.organisations.filter(({ problem }) => problem !== null).length,
        after: report.after,
        passes: report.passes,
      },
    },
    [run.id],
    at,
  );
