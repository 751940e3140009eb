import { describe, expect, it } from 'vitest';
import { milliseconds, stepLines } from './check';
import type { CheckStep } from './types';

const step = (more: Partial<CheckStep>): CheckStep => ({
  step: 'connect',
  atMilliseconds: 0,
  elapsedMilliseconds: 1,
  result: 'ok',
  summary: '',
  meaning: null,
  ...more,
});

describe('steps of a check', () => {
  it('have times with the digits that matter', () => {
    expect([0.3634, 5.71, 253.6, 12_345].map(milliseconds)).toEqual(['0.363 ms', '5.7 ms', '254 ms', '12.3 s']);
  });
  it('name the attempts only where there were several', () => {
    const attempt = { address: '::1', outcome: 'refused', summary: 'refused', used: false, elapsedMilliseconds: 1 };
    expect(stepLines(step({ attempts: [attempt] }))).toEqual([]);
    expect(stepLines(step({ attempts: [attempt, { ...attempt, address: '127.0.0.1' }] }))).toEqual([
      '::1: refused, 1.0 ms',
      '127.0.0.1: refused, 1.0 ms',
    ]);
  });
  it('say what is wrong with a certificate', () => {
    const tls = step({ step: 'tls', faults: [{ text: 'it has expired' }], daysLeft: -2 });
    expect(stepLines(tls)).toEqual(['it has expired', 'expired 2 days ago']);
  });
});
