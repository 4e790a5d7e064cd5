import { conditionError } from './condition-error.js';
import type { OperatorFactory } from './operators.js';
import { fromBoolean } from './truth.js';

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the epoch of an RFC 3339 time, or null for anything else, the 30th of February too. */
function instantOf(value: unknown): number | null {
  if (typeof value !== 'string' || !RFC3339.test(value)) return null;
  const instant = Date.parse(value);
  if (Number.isNaN(instant)) return null;
  const offset = /([+-])(\d{2}):(\d{2})$/.exec(value);
  const shift = offset === null ? 0 : Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3]));
  // Some engines roll a day that a month does not have over into the next one.
  const sameDay = new Date(instant + shift * 60_000).toISOString().slice(0, 10) === value.slice(0, 10);
  return sameDay ? instant : null;
}

/** Compares with a moment. What is no RFC 3339 time is indeterminate. */
export const compareInstant =
  (accept: (value: number, operand: number) => boolean): OperatorFactory =>
  (operand, at) => {
    const wanted = instantOf(operand);
    if (wanted === null) throw conditionError(at, 'the operand must be an RFC 3339 time');
    return (value) => {
      const instant = instantOf(value);
      return instant === null ? 'indeterminate' : fromBoolean(accept(instant, wanted));
    };
  };

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const FIELDS: ReadonlySet<string> = new Set(['days', 'from', 'to', 'zone']);
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;

interface Hours {
  days: ReadonlySet<string>;
  /** Minutes since midnight; `from` = `to` is the whole day. */
  from: number;
  to: number;
  local: Intl.DateTimeFormat;
}

/**
 * The moment falls into these hours of these days, by the clock of a time zone (IANA name, UTC where none is named).
 * `from` is included, `to` is not; hours over midnight belong to the day on which they begin.
 */
export const duringHours: OperatorFactory = (operand, at) => {
  const hours = parseHours(operand, at);
  return (value) => {
    const instant = instantOf(value);
    return instant === null ? 'indeterminate' : fromBoolean(isDuring(hours, instant));
  };
};

function parseHours(operand: unknown, at: string): Hours {
  const { days, from, to, zone } = fieldsOf(operand, at);
  if (days === undefined && from === undefined && to === undefined)
    throw conditionError(at, 'it names no days and no hours');
  return {
    days: parseDays(days, at),
    from: minutes(from ?? '00:00', `${at}/from`),
    to: minutes(to ?? '00:00', `${at}/to`),
    local: clockOf(zone ?? 'UTC', `${at}/zone`),
  };
}

function fieldsOf(operand: unknown, at: string): Record<string, unknown> {
  if (operand === null || typeof operand !== 'object' || Array.isArray(operand))
    throw conditionError(at, 'the operand must be an object such as { days, from, to, zone }');
  const unknown = Object.keys(operand).find((key) => !FIELDS.has(key));
  if (unknown !== undefined) throw conditionError(at, `unknown field "${unknown}"`);
  return operand as Record<string, unknown>;
}

function parseDays(days: unknown, at: string): ReadonlySet<string> {
  if (days === undefined) return new Set(DAYS);
  const isList = Array.isArray(days) && days.length > 0 && days.every((day) => DAYS.includes(day as string));
  if (!isList) throw conditionError(`${at}/days`, `must be a list of ${DAYS.join(', ')}`);
  return new Set(days as string[]);
}

function minutes(value: unknown, at: string): number {
  const [, hour, minute] = CLOCK.exec(typeof value === 'string' ? value : '') ?? [];
  if (hour === undefined) throw conditionError(at, 'must be a time of day such as "08:30"');
  return Number(hour) * 60 + Number(minute);
}

function clockOf(zone: unknown, at: string): Intl.DateTimeFormat {
  try {
    if (typeof zone !== 'string') throw new RangeError('not a name');
    return new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  } catch {
    throw conditionError(at, 'must be an IANA time zone such as "Europe/Berlin"');
  }
}

function isDuring({ days, from, to, local }: Hours, instant: number): boolean {
  const parts = new Map(local.formatToParts(instant).map(({ type, value }) => [type, value]));
  const now = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
  const today = (parts.get('weekday') ?? '').toLowerCase().slice(0, 3);
  if (from < to) return days.has(today) && now >= from && now < to;
  if (now >= from) return days.has(today);
  return now < to && days.has(dayBefore(today));
}

const dayBefore = (day: string): string => DAYS[(DAYS.indexOf(day) + 6) % 7]!;
