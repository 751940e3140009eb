import type { CheckStep, Lookup } from './types';

/** A time that a check took, with the digits that matter: 0.363 ms, 5.7 ms, 254 ms, 1.2 s. */
export const milliseconds = (value: number): string => {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 1 ? value.toFixed(3) : value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
};

/** What a step found besides its summary, a line for each fact. */
export const stepLines = (step: CheckStep): string[] => [
  ...(step.meaning === null ? [] : [step.meaning]),
  ...(step.lookups ?? []).map(lookupText).filter((line) => line !== ''),
  ...((step.attempts?.length ?? 0) > 1 ? (step.attempts ?? []) : []).map(
    (attempt) => `${attempt.address}: ${attempt.summary}, ${milliseconds(attempt.elapsedMilliseconds)}`,
  ),
  ...(step.faults ?? []).map((fault) => fault.text),
  ...(step.step === 'tls' ? tlsLines(step) : []),
  ...(step.step === 'greeting' && step.text ? [step.text] : []),
];

const lookupText = ({ source, path, server, question, outcome, detail, error }: Lookup): string => {
  if (source === 'hosts-file') return `${path ?? 'the hosts file'} says so`;
  if (source === 'system') return error ?? 'the resolver of the system was asked';
  return `${question ?? ''}, ${server ?? ''}: ${outcome ?? ''}${detail ? `, ${detail}` : ''}`;
};

const tlsLines = ({ cipherSuite, alpn, daysLeft, chain }: CheckStep): string[] => {
  const spoken = [cipherSuite, alpn ? `ALPN ${alpn}` : null].filter((word) => word);
  return [
    ...(spoken.length > 0 ? [spoken.join(', ')] : []),
    ...(chain ?? []).map(({ subject, issuer, notAfter }) => `${subject}, issued by ${issuer}, until ${notAfter}`),
    ...(typeof daysLeft === 'number' ? [daysLeft < 0 ? `expired ${-daysLeft} days ago` : `${daysLeft} days left`] : []),
  ];
};
