import { describe, expect, it } from 'vitest';
import { ruleList, ruleNotes } from './rules';
import type { Rule, RulesDocument } from './types';

const rule = (handle: number, ports: Rule['ports'], more: Partial<Rule> = {}): Rule => ({
  handle,
  text: '',
  comment: null,
  ports,
  says: 'accept',
  from: [],
  conditions: [],
  manager: 'nft',
  shadowedBy: null,
  own: null,
  counter: null,
  ...more,
});
const one = (protocol: string, first: number, last = first): Rule['ports'][number] => ({ protocol, first, last });
const rules = [rule(3, []), rule(7, [one('tcp', 443), one('tcp', 80)]), rule(5, [one('tcp', 22)]), rule(9, [one('udp', 1000, 2000)])];
const document = {
  tables: [
    {
      family: 'inet',
      name: 'filter',
      dormant: false,
      chains: [
        {
          name: 'input',
          hook: { point: 'input', priority: 0, type: 'filter', policy: 'drop' },
          default: { does: 'drop', chain: 'input', handle: null },
          rules,
        },
      ],
    },
  ],
} as unknown as RulesDocument;

describe('rules', () => {
  it('stand by port, each port of a rule once', () => {
    const list = ruleList(document, null);
    const lines = list.byPort.map(({ ports, rule: { handle } }) => `${ports} ${handle}`);
    expect(lines).toEqual(['22/tcp 5', '80/tcp 7', '443/tcp 7', '1000-2000/udp 9']);
    expect(list.others.map(({ rule: { handle } }) => handle)).toEqual([3]);
    expect(list.defaults).toEqual(['Everything else at input: drop, by the policy of inet filter input']);
  });
  it('of one port are those whose range has it', () => {
    expect(ruleList(document, 1500).byPort.map(({ rule: { handle } }) => handle)).toEqual([9]);
    expect(ruleList(document, 23).byPort).toEqual([]);
  });
  it('say when they never match, met no packet or are temporary', () => {
    expect(ruleNotes(rule(1, [], { shadowedBy: 7, counter: { packets: 0, bytes: 0 } }))).toBe('never matches: 7 takes all');
    expect(ruleNotes(rule(1, [], { comment: 'ssh', counter: { packets: 0, bytes: 0 } }))).toBe('ssh; unused');
    expect(ruleNotes(rule(1, [], { own: { state: 'pending', secondsLeft: 1 } }))).toBe('pending, 1 second left');
  });
});
