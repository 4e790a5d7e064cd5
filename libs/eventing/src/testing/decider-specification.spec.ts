import { AppError } from '@portcullis/contracts';
import { counter } from './counter.fixture.js';
import { specify } from './decider-specification.js';

const given = specify(counter);
const added = (by: number) => ({ type: 'test.Added' as const, data: { by } });

describe('specify', () => {
  it('passes when the decision is the expected one', () => {
    given([added(2)])
      .when({ add: 3, limit: 9 })
      .then([added(3)]);
    given([]).when({ add: 0, limit: 9 }).then([]);
    given([added(8)])
      .when({ add: 3, limit: 9 })
      .thenError('FAILED_PRECONDITION');
  });

  it('fails when it is not', () => {
    expect(() => given([]).when({ add: 3, limit: 9 }).then([])).toThrow();
    expect(() =>
      given([])
        .when({ add: 3, limit: 9 })
        .then([added(4)]),
    ).toThrow();
    expect(() => given([]).when({ add: 3, limit: 9 }).thenError('CONFLICT')).toThrow(
      'Missing expected exception',
    );
    expect(() =>
      given([added(8)])
        .when({ add: 3, limit: 9 })
        .thenError('CONFLICT'),
    ).toThrow();
    expect(() =>
      given([added(8)])
        .when({ add: 3, limit: 9 })
        .then([]),
    ).toThrow(AppError);
  });
});
