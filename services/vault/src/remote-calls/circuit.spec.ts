import { Circuit } from './circuit.js';

describe('a circuit', () => {
  let time = 0;
  const make = () => new Circuit({ failures: 3, probeAfterMs: 1000 }, () => time);
  const fail = (circuit: Circuit, times: number): void => {
    for (let n = 0; n < times; n += 1) {
      expect(circuit.enter()).toBe(true);
      circuit.ended(false);
    }
  };
  beforeEach(() => {
    time = 0;
  });

  it('opens after so many failures in a row', () => {
    const circuit = make();
    fail(circuit, 3);
    expect(circuit.enter()).toBe(false);
  });

  it('forgets failures at the first success', () => {
    const circuit = make();
    fail(circuit, 2);
    circuit.ended(true);
    fail(circuit, 2);
    expect(circuit.enter()).toBe(true);
  });

  it('lets exactly one call try after a while, and closes when it works', () => {
    const circuit = make();
    fail(circuit, 3);
    time = 999;
    expect(circuit.enter()).toBe(false);
    time = 1000;
    expect([circuit.enter(), circuit.enter(), circuit.enter()]).toEqual([true, false, false]);
    circuit.ended(true);
    expect([circuit.enter(), circuit.enter()]).toEqual([true, true]);
  });

  it('stays open for as long again when the try fails', () => {
    const circuit = make();
    fail(circuit, 3);
    time = 1000;
    fail(circuit, 1);
    time = 1999;
    expect(circuit.enter()).toBe(false);
    time = 2000;
    expect(circuit.enter()).toBe(true);
  });

  it('learns nothing from a call that was not made', () => {
    const circuit = make();
    fail(circuit, 2);
    circuit.ended(null);
    fail(circuit, 1);
    time = 1000;
    expect(circuit.enter()).toBe(true);
    circuit.ended(null);
    expect([circuit.enter(), circuit.enter()]).toEqual([true, false]);
  });

  it('stays open when calls that went out before it opened end late', () => {
    const circuit = make();
    for (let n = 0; n < 5; n += 1) circuit.enter();
    for (let n = 0; n < 5; n += 1) circuit.ended(false);
    expect(circuit.enter()).toBe(false);
  });
});
