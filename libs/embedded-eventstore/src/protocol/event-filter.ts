import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { RE2JS } from 're2js';
import type { ScannedEvent } from '../storage/event-table.js';
import { invalidArgument } from './rpc-error.js';

export interface EventFilter {
  matches(event: ScannedEvent): boolean;
  /** A checkpoint is due after so many scanned events, matching or not. */
  checkpointInterval: number;
}

/** The server's search window when the client doesn't set one. */
const DEFAULT_WINDOW = 32;
const MAX_REGEX_LENGTH = 1024;

/** By stream name or event type; prefixes, or a regular expression found anywhere (linear time: RE2). */
export function readFilter(options: ReadReq.Options.FilterOptions): EventFilter {
  const byStream = options.getStreamIdentifier();
  const expression = byStream ?? options.getEventType();
  if (!expression) throw invalidArgument('The filter is empty');
  const test = readExpression(expression);
  const window = options.hasMax() ? options.getMax() : DEFAULT_WINDOW;
  const multiplier = options.getCheckpointintervalmultiplier();
  if (window < 1 || multiplier < 1)
    throw invalidArgument('The checkpoint interval and window are at least 1');
  return {
    matches: byStream ? (event) => test(event.stream) : (event) => test(event.type),
    checkpointInterval: window * multiplier,
  };
}

function readExpression(expression: ReadReq.Options.FilterOptions.Expression): (text: string) => boolean {
  const prefixes = expression.getPrefixList();
  const regex = expression.getRegex();
  if (regex === '') {
    if (prefixes.length === 0)
      throw invalidArgument('The filter has neither prefixes nor a regular expression');
    return (text) => prefixes.some((prefix) => text.startsWith(prefix));
  }
  if (regex.length > MAX_REGEX_LENGTH) throw invalidArgument('The regular expression is too long');
  const compiled = compile(regex);
  return (text) => compiled.matcher(text).find();
}

function compile(regex: string): RE2JS {
  try {
    return RE2JS.compile(regex);
  } catch {
    throw invalidArgument(
      'The regular expression can not be compiled; look-around and back-references are not offered',
    );
  }
}
