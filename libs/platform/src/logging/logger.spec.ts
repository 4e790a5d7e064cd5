import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { AppError, Secret } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { withCorrelation } from './correlation.js';
import { createLogger, logTo } from './logger.js';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger('test', 'info', { write: (line: string) => void lines.push(line) }));
  return lines.join('');
}

describe('the operational log', () => {
  it('loses lines on a full disk, and never ends the service whose log it is', () => {
    const full = openSync('/dev/full', 'w');
    const logger = createLogger('test', 'info', logTo(full));
    for (const line of ['first', 'second']) expect(() => logger.info(line)).not.toThrow();
    closeSync(full);
  });

  it('shows what an error says of itself and of its causes, and nothing that hangs on it', () => {
    verifies('P5');
    const cause = Object.assign(new Error('connection refused'), {
      request: { headers: { authorization: 'Bearer hunter2' } },
    });
    const err = new AppError('UNAVAILABLE', 'Not there.', { cause, details: { body: 'hunter2' } });
    const text = logged((logger) => logger.error({ err }, 'failed'));
    expect(JSON.parse(text)).toMatchObject({
      err: { code: 'UNAVAILABLE', cause: { message: 'connection refused' } },
      msg: 'failed',
    });
    expect(text).not.toContain('hunter2');
  });

  it('prints a secret as redacted wherever it ends up', () => {
    const token = Secret.of('hunter2');
    const text = logged((logger) =>
      // eslint-disable-next-line portcullis/no-secret-logging -- what happens if somebody does it all the same
      logger.info({ token, nested: { list: [token] }, text: `${String(token)}` }, 'oops'),
    );
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toMatchObject({ token: '[REDACTED]', nested: { list: ['[REDACTED]'] } });
  });

  it('carries the correlation id of the request at hand', () => {
    const text = logged((logger) => withCorrelation({ correlationId: '01ARZ' }, () => logger.info('here')));
    expect(JSON.parse(text)).toMatchObject({ correlationId: '01ARZ', service: 'test' });
  });
});
