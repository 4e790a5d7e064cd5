import { AppError } from '@portcullis/contracts';
import { withCorrelation, type Correlation } from '@portcullis/platform';
import { errorText } from './json-rpc.js';

it('names the request in an error, and shows nothing else of what is known of it', () => {
  const correlation = { correlationId: 'c1', span: { secret: 'of the trace' } } as unknown as Correlation;
  const text = withCorrelation(correlation, () => errorText(7, new AppError('UNAVAILABLE', 'Not now.')));
  expect(JSON.parse(text)).toEqual({
    jsonrpc: '2.0',
    id: 7,
    error: {
      code: -31023,
      message: 'Not now.',
      data: { code: 'UNAVAILABLE', retryable: true, correlationId: 'c1' },
    },
  });
});
