import { describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.js';

const LAG = { name: 'portcullis_lag_events', help: 'How many.' } as const;

async function line(metrics: Metrics, name: string): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((text) => text.startsWith(`${name} `));
}

describe('metrics', () => {
  it('counts for its own service alone', async () => {
    const [one, other] = [new Metrics('vault'), new Metrics('audit')];
    const opens = { name: 'portcullis_opens_total', help: 'Opens.', labels: ['outcome'] } as const;
    one.counter(opens).inc({ outcome: 'OK' });
    other.counter(opens);
    expect(await one.text()).toContain('portcullis_opens_total{outcome="OK"} 1');
    expect(await other.text()).not.toContain('outcome="OK"');
  });

  it('asks for several values at once, and seldom', async () => {
    let asked = 0;
    const metrics = new Metrics('audit');
    const seconds = { name: 'portcullis_lag_seconds', help: 'How long.' } as const;
    metrics.asked([LAG, seconds], () => {
      asked += 1;
      return Promise.resolve({ portcullis_lag_events: 3, portcullis_lag_seconds: 0.5 });
    });
    expect(await line(metrics, 'portcullis_lag_events')).toEqual(['portcullis_lag_events 3']);
    expect(await line(metrics, 'portcullis_lag_seconds')).toEqual(['portcullis_lag_seconds 0.5']);
    expect(asked).toBe(1);
  });

  it('shows nothing rather than something old when a value can not be read, and does not fail the rest', async () => {
    let away = false;
    const metrics = new Metrics('audit');
    metrics.asked([LAG], () =>
      away ? Promise.reject(new Error('away')) : Promise.resolve({ portcullis_lag_events: 3 }),
    );
    away = true;
    expect(await line(metrics, 'portcullis_lag_events')).toEqual([]);
    expect(await line(metrics, 'portcullis_build_info')).toEqual([]);
    expect(await metrics.text()).toContain('portcullis_build_info{');
  });
});
