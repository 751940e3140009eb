import { bytes, count, plural } from '../lib/text';
import type { Exposure } from '../lib/types';
import { type Cell, type Colour, type Layer, portCount, type ProtocolChart, type Range } from './model';

/** A group of cells that the picture draws alike; the legend and the text beside the picture are made of these. */
export interface Group {
  /** The class of its colour, such as exposure-local; paint and style sheet share it. */
  tone: string;
  label: string;
  ranges: Range[];
  ports: number;
}

export const exposures: Exposure[] = ['reachable', 'limited', 'blocked', 'local', 'unknown'];

export const exposureWords: Record<Exposure, string> = {
  reachable: 'Reachable',
  limited: 'Limited',
  blocked: 'Blocked',
  local: 'This machine only',
  unknown: 'Unknown',
};

export const categories = 8;

const traffic = [0, 1, 2 ** 20, 2 ** 30];
const trafficWords = ['No payload', 'Up to 1Mi', 'Up to 1Gi', 'More than 1Gi'];
const ages = [3600, 86400, 7 * 86400];
const ageWords = ['Up to an hour', 'Up to a day', 'Up to a week', 'Older than a week'];

const step = (bounds: number[], value: number): number => bounds.filter((bound) => value >= bound).length;

/** How a listener is coloured: its tone and the words for it. */
export const toneOf = (cell: Cell, ownerIndex: number, colour: Colour, now: number): { tone: string; label: string } => {
  if (colour === 'owner') {
    return { tone: ownerIndex < 0 ? 'none' : `category-${ownerIndex % categories}`, label: cell.owner ?? 'Owner not known' };
  }
  if (colour === 'traffic') {
    if (cell.bytes === null) return { tone: 'none', label: 'Not counted' };
    const index = step(traffic.slice(1), cell.bytes);
    return { tone: `step-${index}`, label: trafficWords[index] ?? bytes(cell.bytes) };
  }
  if (colour === 'age') {
    if (cell.since === null) return { tone: 'none', label: 'Start not known' };
    const index = step(ages, now - cell.since);
    return { tone: `step-${3 - index}`, label: ageWords[index] ?? '' };
  }
  const exposure = cell.exposure ?? 'unknown';
  return { tone: `exposure-${exposure}`, label: exposureWords[exposure] };
};

/** Whether a layer draws a listener. */
export const drawn = (cell: Cell, layer: Layer): boolean =>
  cell.listening && (layer !== 'reachable' || cell.exposure === 'reachable' || cell.exposure === 'limited');

/** Which disagreement glows in a layer. */
export const glow = (cell: Cell, layer: Layer): Cell['disagreement'] =>
  layer === 'allowed' || (layer === 'listening' && cell.listening) ? cell.disagreement : null;

class Groups {
  readonly #groups = new Map<string, Group>();

  add(tone: string, label: string, [first, last]: Range): void {
    const group = this.#groups.get(label) ?? { tone, label, ranges: [], ports: 0 };
    this.#groups.set(label, group);
    const previous = group.ranges.at(-1);
    if (previous !== undefined && previous[1] === first - 1) group.ranges[group.ranges.length - 1] = [previous[0], last];
    else group.ranges.push([first, last]);
    group.ports += last - first + 1;
  }

  get all(): Group[] {
    return [...this.#groups.values()];
  }
}

const order = (group: Group): number => {
  const exposure = exposures.indexOf(group.tone.replace('exposure-', '') as Exposure);
  return exposure >= 0 ? exposure : group.tone === 'none' ? 99 : 10;
};

/** Everything that the picture of a layer shows, in ranges of ports. */
export const groups = (chart: ProtocolChart, layer: Layer, colour: Colour, now: number): Group[] => {
  const listeners = new Groups();
  for (const [first, last] of chart.listeners) {
    for (let port = first; port <= last; port++) {
      const cell = chart.cell(port);
      if (!drawn(cell, layer)) continue;
      const { tone, label } = toneOf(cell, chart.ownerIndex(port), colour, now);
      listeners.add(tone, label, [port, port]);
    }
  }
  const found = listeners.all.sort((a, b) => order(a) - order(b));
  if (layer === 'allowed') return [...found, ...allowedGroups(chart)];
  return layer === 'listening' ? [...found, ...blockedGroup(chart)] : found;
};

const blockedGroup = (chart: ProtocolChart): Group[] => {
  const blocked = new Groups();
  for (const [first, last] of chart.listeners) {
    if (chart.cell(first).disagreement === 'blocked-listener') {
      blocked.add('glow', 'Glows: listening, but the firewall lets nobody in', [first, last]);
    }
  }
  return blocked.all;
};

const allowedGroups = (chart: ProtocolChart): Group[] => {
  const allowed = new Groups();
  const unused = new Groups();
  for (const { range, decision } of chart.allowedRanges) {
    if (decision === 'allow') allowed.add('allowed', 'The firewall lets clients in', range);
    if (decision === 'depends') allowed.add('depends', 'The firewall lets some clients in', range);
    if (decision === 'unknown') allowed.add('undecided', 'The firewall is not understood', range);
    if (decision === chart.usual) continue;
    for (let port = range[0]; port <= range[1]; port++) {
      const { disagreement } = chart.cell(port);
      if (disagreement === 'allowed-unused') unused.add('glow-unused', 'Glows: allowed, but nothing listens', [port, port]);
    }
  }
  return [...allowed.all, ...blockedGroup(chart), ...unused.all];
};

export const rangeText = ([first, last]: Range): string => (first === last ? String(first) : `${first}–${last}`);

/** A cell in one line of words. */
export const cellText = (cell: Cell, name: string | null): string => {
  const parts = [name === null ? `${cell.port}` : `${cell.port} ${name}`];
  if (cell.listening) {
    parts.push(`${cell.owner ?? 'owner not known'} listens`, exposureWords[cell.exposure ?? 'unknown'].toLowerCase());
    if (cell.connections > 0) parts.push(plural(cell.connections, 'connection'));
    if (cell.bytes !== null && cell.bytes > 0) parts.push(`${bytes(cell.bytes)} of payload`);
  } else {
    parts.push('nothing listens');
  }
  if (cell.allowed !== null) parts.push(`firewall: ${cell.allowed}${cell.rule === null ? '' : `, ${cell.rule}`}`);
  return parts.join(' · ');
};

export const share = (ports: number): string => (ports === portCount || ports === portCount - 1 ? 'every port' : count(ports));
