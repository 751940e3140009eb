import type { Decision, Exposure, MapLayer, PortMap } from '../lib/types';

export const portCount = 65536;

export type Layer = 'listening' | 'allowed' | 'reachable';
export type Colour = 'exposure' | 'owner' | 'traffic' | 'age';

export const layers: Layer[] = ['listening', 'allowed', 'reachable'];
export const colours: Colour[] = ['exposure', 'owner', 'traffic', 'age'];

/** Where rules and programs disagree: a listener that nobody outside reaches, a rule that lets in to where nothing listens. */
export type Disagreement = 'blocked-listener' | 'allowed-unused';

/** What one cell of the chart stands for. */
export interface Cell {
  port: number;
  listening: boolean;
  exposure: Exposure | null;
  owner: string | null;
  connections: number;
  /** Payload both ways; null where the kernel does not count. */
  bytes: number | null;
  /** When the oldest owner started, in seconds since 1970. */
  since: number | null;
  allowed: Decision | null;
  from: string | null;
  rule: string | null;
  disagreement: Disagreement | null;
}

export type Range = readonly [first: number, last: number];

/** The ports of one protocol: which range of the server's answer each port belongs to. */
export class ProtocolChart {
  readonly protocol: string;
  /** What the firewall decides for most ports; null where its rules are not known. */
  readonly usual: Decision | null;
  readonly #layer: MapLayer;
  readonly #owners: (string | null)[];
  readonly #listener = new Int32Array(portCount).fill(-1);
  readonly #allowed = new Int32Array(portCount).fill(-1);

  constructor(layer: MapLayer, owners: (string | null)[]) {
    this.protocol = layer.protocol;
    this.#layer = layer;
    this.#owners = owners;
    layer.first.forEach((first, index) => this.#listener.fill(index, first, (layer.last[index] ?? first) + 1));
    layer.allowed?.first.forEach((first, index) => this.#allowed.fill(index, first, (layer.allowed?.last[index] ?? first) + 1));
    this.usual = usualDecision(layer);
  }

  cell(port: number): Cell {
    const listener = this.#listener[port] ?? -1;
    const range = this.#allowed[port] ?? -1;
    const { exposure, owner, connections, bytesIn, bytesOut, since, allowed } = this.#layer;
    const counted = sum(bytesIn[listener], bytesOut[listener]);
    const cell: Cell = {
      port,
      listening: listener >= 0,
      exposure: exposure[listener] ?? null,
      owner: this.#owners[owner[listener] ?? -1] ?? null,
      connections: connections[listener] ?? 0,
      bytes: counted,
      since: since[listener] ?? null,
      allowed: allowed?.decision[range] ?? null,
      from: allowed?.from[range] ?? null,
      rule: allowed?.rule[range] ?? null,
      disagreement: null,
    };
    cell.disagreement = this.#disagreement(cell);
    return cell;
  }

  /** The owner's number, which its colour follows; -1 where nothing listens. */
  ownerIndex(port: number): number {
    return this.#layer.owner[this.#listener[port] ?? -1] ?? -1;
  }

  listens(port: number): boolean {
    return (this.#listener[port] ?? -1) >= 0;
  }

  /** The nearest port with a listener before or behind a port, round the end. */
  neighbour(port: number, step: 1 | -1): number {
    for (let distance = 1; distance <= portCount; distance++) {
      const next = (port + step * distance + portCount * 2) % portCount;
      if (this.listens(next)) return next;
    }
    return port;
  }

  get listeners(): Range[] {
    return this.#layer.first.map((first, index): Range => [first, this.#layer.last[index] ?? first]);
  }

  get allowedRanges(): { range: Range; decision: Decision }[] {
    const { allowed } = this.#layer;
    return allowed?.decision.map((decision, index) => ({ range: [allowed.first[index] ?? 0, allowed.last[index] ?? 0], decision })) ?? [];
  }

  #disagreement({ listening, exposure, allowed }: Cell): Disagreement | null {
    if (listening) return exposure === 'blocked' ? 'blocked-listener' : null;
    const lets = allowed === 'allow' || allowed === 'depends';
    return lets && allowed !== this.usual ? 'allowed-unused' : null;
  }
}

const sum = (one: number | null | undefined, other: number | null | undefined): number | null =>
  typeof one === 'number' || typeof other === 'number' ? (one ?? 0) + (other ?? 0) : null;

const usualDecision = ({ allowed }: MapLayer): Decision | null => {
  if (allowed === null) return null;
  const ports = new Map<Decision, number>();
  allowed.decision.forEach((decision, index) => {
    const width = (allowed.last[index] ?? 0) - (allowed.first[index] ?? 0) + 1;
    ports.set(decision, (ports.get(decision) ?? 0) + width);
  });
  return [...ports].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
};

export const charts = (map: PortMap): ProtocolChart[] => map.layers.map((layer) => new ProtocolChart(layer, map.owners));

/** IANA's ranges (RFC 6335, section 6). */
export const ianaRange = (port: number): 'System' | 'User' | 'Dynamic' => (port < 1024 ? 'System' : port < 49152 ? 'User' : 'Dynamic');
