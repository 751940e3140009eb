import { describe, expect, it } from 'vitest';
import { type Flow, type FlowNode, heightFor, layOut } from './sankey';

const size = { width: 600, height: 300, bar: 12, gap: 20 };
const nodes: FlowNode[] = [
  { stage: 0, bytes: 300 },
  { stage: 0, bytes: 100 },
  { stage: 1, bytes: 350 },
  { stage: 1, bytes: 50 },
  { stage: 2, bytes: 400 },
];
const flows: Flow[] = [
  { from: 0, to: 2, bytes: 250 },
  { from: 0, to: 3, bytes: 50 },
  { from: 1, to: 2, bytes: 100 },
  { from: 2, to: 4, bytes: 350 },
  { from: 3, to: 4, bytes: 50 },
];

describe('a picture of flows', () => {
  it('has one scale for all stages', () => {
    const { bars, scale } = layOut(nodes, flows, size);
    expect(scale).toBeCloseTo(260 / 400);
    expect(bars.map(({ height }) => height)).toEqual([195, 65, 227.5, 32.5, 260]);
    expect(bars.map(({ x }) => x)).toEqual([0, 0, 294, 294, 588]);
  });

  it('keeps every bar inside, and bars of a stage apart', () => {
    const { bars } = layOut(nodes, flows, size);
    for (const { x, y, height } of bars) {
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y + height).toBeLessThanOrEqual(size.height);
      expect(x + size.bar).toBeLessThanOrEqual(size.width);
    }
    expect((bars[1]?.y ?? 0) - (bars[0]?.y ?? 0) - (bars[0]?.height ?? 0)).toBeCloseTo(size.gap);
  });

  it('makes bands as thick as their bytes, which together fill a bar', () => {
    const { bands, bars } = layOut(nodes, flows, size);
    const into = (index: number): number => bands.filter(({ to }) => to === index).reduce((sum, { width }) => sum + width, 0);
    expect(bands[0]?.width).toBeCloseTo((bands[4]?.width ?? 0) * 5);
    for (const index of [2, 3, 4]) expect(into(index)).toBeCloseTo(bars[index]?.height ?? 0);
    expect(bands[2]?.outline).toMatch(/^M12 \d/);
  });

  it('shows what is very small, and nothing for nothing', () => {
    const { bars, bands } = layOut(
      [{ stage: 0, bytes: 1e12 }, { stage: 0, bytes: 1 }, { stage: 1, bytes: 1e12 + 1 }],
      [{ from: 0, to: 2, bytes: 1e12 }, { from: 1, to: 2, bytes: 1 }, { from: 1, to: 2, bytes: 0 }],
      size,
    );
    expect(bars[1]?.height).toBe(1);
    expect(bands.map(({ width }) => width >= 1)).toEqual([true, true]);
  });

  it('is empty without nodes', () => {
    expect(layOut([], [], size)).toMatchObject({ bars: [], bands: [] });
    expect(heightFor([], 200, 20)).toBe(200);
    expect(heightFor(nodes, 200, 20)).toBe(240);
  });
});
