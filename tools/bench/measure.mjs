const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/**
 * Calls `operation` again and again for a while, after a warm-up, and reports rate and latency.
 * @param {() => unknown} operation may be async; awaited when it returns a promise
 * @param {{seconds?: number, warmupSeconds?: number, concurrency?: number}} options
 * @returns {Promise<{count: number, perSecond: number, meanMicros: number, p50Micros: number, p99Micros: number}>}
 */
export async function measure(operation, { seconds = 2, warmupSeconds = 0.5, concurrency = 1 } = {}) {
  await loop(operation, warmupSeconds, concurrency);
  const started = performance.now();
  const samples = await loop(operation, seconds, concurrency);
  const elapsed = (performance.now() - started) / 1000;
  const sorted = Float64Array.from(samples).sort();
  return {
    count: samples.length,
    perSecond: samples.length / elapsed,
    meanMicros: (samples.reduce((all, one) => all + one, 0) / samples.length) * 1000,
    p50Micros: percentile(sorted, 0.5) * 1000,
    p99Micros: percentile(sorted, 0.99) * 1000,
  };
}

async function loop(operation, seconds, concurrency) {
  const samples = [];
  const until = performance.now() + seconds * 1000;
  const lane = async () => {
    do {
      const before = performance.now();
      const result = operation();
      // Awaiting a value that is no promise would add a microtask to every sample.
      if (result instanceof Promise) await result;
      samples.push(performance.now() - before);
    } while (performance.now() < until);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return samples;
}
