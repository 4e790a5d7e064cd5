import { verifies } from '../../../../tools/verifies.js';
import { processFault } from './process-guard.js';

describe('process of the vault', () => {
  verifies('P5');

  const facts = { production: true, options: [] as string[], inspectorActive: false };

  it('starts in production without options that open its memory', () => {
    expect(processFault({ ...facts, options: ['--enable-source-maps', '--disable-sigusr1'] })).toBeNull();
  });

  it.each([
    '--inspect',
    '--inspect=0.0.0.0:9229',
    '--inspect-brk',
    '--heapsnapshot-signal=SIGUSR2',
    '--heap-prof',
  ])('refuses %s in production, and takes it elsewhere', (option) => {
    expect(processFault({ ...facts, options: [option] })).toContain(option.split('=')[0]);
    expect(processFault({ ...facts, production: false, options: [option] })).toBeNull();
  });

  it('refuses an inspector that is already listening', () => {
    expect(processFault({ ...facts, inspectorActive: true })).toMatch(/inspector/);
  });
});
