import { AppError } from '@portcullis/contracts';
import { QueryFailedError } from 'typeorm';
import { databaseAway } from './database-away.js';

const withCode = (message: string, code: string): Error => Object.assign(new Error(message), { code });
const failedQuery = (driver: Error): Error => new QueryFailedError('SELECT 1', [], driver);

it.each([
  ['shutting down', withCode('terminating connection due to administrator command', '57P01')],
  ['starting', withCode('the database system is starting up', '57P03')],
  ['no disk left', withCode('could not extend file', '53100')],
  ['its answer broke off, to TypeORM', failedQuery(withCode('read ECONNRESET', 'ECONNRESET'))],
  ['not there', withCode('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED')],
  ['gone', new Error('Connection terminated unexpectedly')],
  ['silent', new Error('Connection terminated due to connection timeout')],
  ['busy', new Error('timeout exceeded when trying to connect')],
])('a database that is %s is not available', (_, thrown) => {
  expect(databaseAway(thrown)).toMatchObject({ code: 'UNAVAILABLE', cause: thrown });
});

it.each([
  ['a defect', new TypeError('the timeout is not a function')],
  ['a refused statement', failedQuery(withCode('duplicate key', '23505'))],
  ['a missing right', withCode('permission denied for table secrets', '42501')],
  ['an error of ours', new AppError('CONFLICT', 'Connection terminated unexpectedly')],
  ['no error at all', 'ECONNREFUSED'],
])('%s is none of its business', (_, thrown) => {
  expect(databaseAway(thrown)).toBeUndefined();
});
