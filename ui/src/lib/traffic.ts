import { address } from './api';
import { filterValue } from './find';
import { bytes, plural } from './text';
import type { Missing } from './types';

export const groupings = ['port', 'process', 'unit', 'container', 'user', 'remote', 'interface'] as const;
export type Grouping = (typeof groupings)[number];

export const isGrouping = (text: string): text is Grouping => (groupings as readonly string[]).includes(text);

/** The names of groupings, as headings. */
export const names: Record<Grouping, string> = {
  port: 'Port',
  process: 'Process',
  unit: 'Unit',
  container: 'Container',
  user: 'User',
  remote: 'Remote address',
  interface: 'Interface',
};

export interface TrafficRow {
  key: string;
  protocol: string | null;
  port: number | null;
  role: 'server' | 'client' | null;
  service: string | null;
  name: string | null;
  pid: number | null;
  remote: string | null;
  owners: string[];
  inPerSecond: number | null;
  outPerSecond: number | null;
  meanInPerSecond: number | null;
  meanOutPerSecond: number | null;
  bytesIn: number | null;
  bytesOut: number | null;
  connections: number | null;
  rates: (number | null)[];
}

export interface TrafficNode {
  stage: 'process' | 'port' | 'remote';
  name: string | null;
  protocol: string | null;
  port: number | null;
  role: 'server' | 'client' | null;
  service: string | null;
  others: number;
  bytes: number;
}

export interface TrafficLinks {
  nodes: TrafficNode[];
  links: { from: number; to: number; bytes: number }[];
}

export interface TrafficPage {
  takenAt: string;
  host: string;
  complete: boolean;
  missing: Missing[];
  beganAt: string;
  elapsed: number;
  look: number;
  method: 'tracepoints' | 'polling';
  by: Grouping;
  filter: string | null;
  total: number;
  times: number[];
  rows: TrafficRow[];
  links: TrafficLinks;
}

export const stages = ['process', 'port', 'remote'] as const;

/** Bytes in a second: 1.2KiB/s. */
export const rate = (value: number | null): string => (value === null ? '–' : `${bytes(value)}B/s`);

export const total = (row: TrafficRow): number | null =>
  row.bytesIn === null && row.bytesOut === null ? null : (row.bytesIn ?? 0) + (row.bytesOut ?? 0);

const sides = { server: 'served', client: 'dialled' };

/** What a row is. */
export const rowName = (row: TrafficRow, by: Grouping): string => {
  if (by === 'port') {
    const port = row.port === null ? `${row.protocol ?? ''}, several ports` : `${row.port}/${row.protocol}`;
    return row.role === null ? port : `${port} ${sides[row.role]}`;
  }
  if (by === 'remote') return row.remote ?? 'several addresses';
  return row.name ?? (by === 'process' && row.pid !== null ? `pid ${row.pid}` : `no ${by} known`);
};

/** Where a row leads to; null where there is nothing more of it. */
export const rowLink = (row: TrafficRow, by: Grouping): string | null => {
  if (by === 'port' && row.port !== null && row.role === 'server') return `/ports/${row.port}?protocol=${row.protocol}`;
  const filter =
    by === 'port' && row.port !== null ? `dport ${row.port}`
    : by === 'remote' && row.remote !== null ? `dst ${row.remote}`
    : by === 'process' && row.pid !== null ? `pid ${row.pid}`
    : (by === 'unit' || by === 'container') && row.name !== null ? `${by} ${filterValue(row.name)}`
    : null;
  return filter === null ? null : address('/connections', { filter });
};

const stageWords = { process: ['process', 'processes'], port: ['port', 'ports'], remote: ['address', 'addresses'] } as const;

/** What a node is; in a picture with little room without its service. */
export const nodeName = (node: TrafficNode): string => {
  if (node.others > 0) return plural(node.others, `other ${stageWords[node.stage][0]}`, `other ${stageWords[node.stage][1]}`);
  if (node.stage === 'process') return node.name ?? '(not known)';
  if (node.stage === 'remote') return node.name ?? 'several addresses';
  const port = node.port === null ? `${node.protocol ?? ''} ports` : `${node.port}/${node.protocol}`;
  return node.role === null ? port : `${port} ${sides[node.role]}`;
};

/** The picture in one sentence, for those who do not see it. */
export const inWords = ({ nodes, links }: TrafficLinks): string => {
  const counts = stages.map((stage) => {
    const all = nodes.filter((node) => node.stage === stage).reduce((sum, node) => sum + Math.max(1, node.others), 0);
    return plural(all, stageWords[stage][0], stageWords[stage][1]);
  });
  const [largest] = [...links].sort((a, b) => b.bytes - a.bytes);
  const [from, to] = [nodes[largest?.from ?? -1], nodes[largest?.to ?? -1]];
  return from === undefined || to === undefined || largest === undefined
    ? counts.join(', ')
    : `${counts.join(', ')}; the most goes between ${nodeName(from)} and ${nodeName(to)}: ${bytes(largest.bytes)}B`;
};

/** The rows that lines are drawn of: the first that have rates. */
export const mostLines = 6;

export const lines = (page: TrafficPage): TrafficRow[] =>
  page.rows.filter((row) => row.rates.some((value) => value !== null)).slice(0, mostLines);
