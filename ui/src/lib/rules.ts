import { plural } from './text';
import type { Rule, RulesDocument } from './types';

/** A rule with the chain that it stands in, as firewall show prints it. */
export interface PlacedRule {
  ports: string;
  rule: Rule;
  chain: string;
}

const portText = ({ protocol, first, last }: Rule['ports'][number]): string =>
  `${first === last ? first : `${first}-${last}`}/${protocol ?? 'any'}`;

export interface RuleList {
  /** One element for each port or range that a rule names, in order of the ports. */
  byPort: PlacedRule[];
  /** The rules that name no port, in their own order. */
  others: PlacedRule[];
  /** What becomes of packets that no rule decides on, a line for each chain that is hooked in. */
  defaults: string[];
}

/** The rules by port; of all, or of those that speak of one port. */
export const ruleList = (document: RulesDocument, port: number | null): RuleList => {
  const named: (PlacedRule & { first: number })[] = [];
  const others: PlacedRule[] = [];
  const defaults: string[] = [];
  for (const table of document.tables) {
    for (const chain of table.chains) {
      const place = `${table.family} ${table.name} ${chain.name}`;
      if (chain.hook !== null && chain.default !== null) {
        const by = chain.default.handle === null ? `the policy of ${place}` : `${chain.default.chain} handle ${chain.default.handle}`;
        const dormant = table.dormant ? ' (the table is dormant)' : '';
        defaults.push(`Everything else at ${chain.hook.point}: ${chain.default.does}, by ${by}${dormant}`);
      }
      for (const rule of chain.rules) {
        if (rule.ports.length === 0) others.push({ ports: '', rule, chain: place });
        for (const range of rule.ports) {
          if (port !== null && (port < range.first || port > range.last)) continue;
          named.push({ first: range.first, ports: portText(range), rule, chain: place });
        }
      }
    }
  }
  named.sort((a, b) => a.first - b.first);
  return { byPort: named.map(({ ports, rule, chain }) => ({ ports, rule, chain })), others, defaults };
};

/** What else is worth saying of a rule. */
export const ruleNotes = (rule: Rule): string => {
  const notes: string[] = [];
  if (rule.comment !== null) notes.push(rule.comment);
  if (rule.shadowedBy !== null) notes.push(`never matches: ${rule.shadowedBy} takes all`);
  else if (rule.counter?.packets === 0) notes.push('unused');
  if (rule.own !== null && rule.own.state !== 'on') {
    notes.push(rule.own.secondsLeft === null ? rule.own.state : `${rule.own.state}, ${plural(rule.own.secondsLeft, 'second')} left`);
  }
  return notes.join('; ');
};
