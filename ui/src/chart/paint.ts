import { drawn, glow, toneOf } from './groups';
import { type Colour, ianaRange, type Layer, portCount, type ProtocolChart } from './model';

/** A colour as a canvas keeps it: 0xAABBGGRR. */
export type Rgba = number;
export type Palette = (tone: string) => Rgba;

export const side = 256;

const mix = (under: Rgba, over: Rgba, weight: number): Rgba => {
  let result = 0xff000000;
  for (let shift = 0; shift < 24; shift += 8) {
    const value = ((under >>> shift) & 255) * (1 - weight) + ((over >>> shift) & 255) * weight;
    result |= Math.round(value) << shift;
  }
  return result >>> 0;
};

const backdrops = new WeakMap<Palette, { key: string; cells: Uint32Array }>();

/** IANA's three ranges, and this host's ephemeral range as a texture over them. */
const backdrop = (palette: Palette, ephemeral: { first: number; last: number } | null): Uint32Array => {
  const key = `${ephemeral?.first}-${ephemeral?.last}`;
  const kept = backdrops.get(palette);
  if (kept?.key === key) return kept.cells;
  const cells = new Uint32Array(portCount);
  const tones = { System: palette('system'), User: palette('user'), Dynamic: palette('dynamic') };
  const texture = palette('ephemeral');
  for (let port = 0; port < portCount; port++) {
    const inside = ephemeral !== null && port >= ephemeral.first && port <= ephemeral.last;
    cells[port] = inside && (port + (port >> 8)) % 4 === 0 ? texture : tones[ianaRange(port)];
  }
  backdrops.set(palette, { key, cells });
  return cells;
};

/** Draws a layer of a protocol: one value for each port, row by row. */
export const paint = (
  cells: Uint32Array,
  chart: ProtocolChart,
  look: { layer: Layer; colour: Colour; now: number; ephemeral: { first: number; last: number } | null; palette: Palette },
): void => {
  const { layer, colour, now, palette } = look;
  cells.set(backdrop(palette, look.ephemeral));
  const glows: [port: number, tone: string][] = [];
  if (layer === 'allowed') paintAllowed(cells, chart, palette, glows);
  const tones = new Map<string, Rgba>();
  const colourOf = (tone: string): Rgba => {
    const known = tones.get(tone) ?? palette(tone);
    tones.set(tone, known);
    return known;
  };
  const points: [number, Rgba][] = [];
  for (const [first, last] of chart.listeners) {
    for (let port = first; port <= last; port++) {
      const cell = chart.cell(port);
      if (!drawn(cell, layer)) continue;
      points.push([port, colourOf(toneOf(cell, chart.ownerIndex(port), colour, now).tone)]);
      if (glow(cell, layer) !== null) glows.push([port, 'glow']);
    }
  }
  const under = cells.slice();
  // A ring round the cell and its shade.
  for (const [port, tone] of glows) {
    around(port, 2, (near, distance) => {
      if (distance === 2) cells[near] = mix(under[near] ?? 0, colourOf(tone), 0.7);
    });
  }
  // A single cell is small: its eight neighbours take a shade of it, so that the eye finds it.
  for (const [port, value] of points) around(port, 1, (near) => (cells[near] = mix(under[near] ?? 0, value, 0.55)));
  for (const [port, value] of points) cells[port] = value;
};

const paintAllowed = (cells: Uint32Array, chart: ProtocolChart, palette: Palette, glows: [number, string][]): void => {
  const tones = { allow: palette('allowed'), depends: palette('depends'), unknown: palette('undecided') };
  for (const { range, decision } of chart.allowedRanges) {
    if (decision === 'drop' || decision === 'reject') continue;
    for (let port = range[0]; port <= range[1]; port++) cells[port] = mix(cells[port] ?? 0, tones[decision], 0.45);
    // The edge of a long range is enough: a glow over thousands of cells would hide what is in them.
    const ends = range[1] - range[0] > 64 ? [range[0], range[1]] : span(range[0], range[1]);
    for (const port of ends) if (chart.cell(port).disagreement === 'allowed-unused') glows.push([port, 'glow-unused']);
  }
};

const span = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);

const around = (port: number, radius: number, touch: (near: number, distance: number) => void): void => {
  const column = port % side;
  const row = port >> 8;
  for (let y = Math.max(0, row - radius); y <= Math.min(side - 1, row + radius); y++) {
    for (let x = Math.max(0, column - radius); x <= Math.min(side - 1, column + radius); x++) {
      const distance = Math.max(Math.abs(x - column), Math.abs(y - row));
      if (distance > 0) touch(y * side + x, distance);
    }
  }
};
