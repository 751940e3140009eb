// A picture of flows (Sankey): stages side by side, bars as high as what passes them, bands as thick as what flows between two bars.

export interface FlowNode {
  stage: number;
  bytes: number;
}

export interface Flow {
  from: number;
  to: number;
  bytes: number;
}

export interface Size {
  width: number;
  height: number;
  /** The width of a bar. */
  bar: number;
  /** The least space between two bars of a stage: room for a line of text. */
  gap: number;
}

export interface Bar {
  x: number;
  y: number;
  height: number;
}

export interface Band {
  from: number;
  to: number;
  bytes: number;
  /** Thickness; a band that carries something is never thinner than a hair. */
  width: number;
  /** The outline, as the attribute d of a path. */
  outline: string;
}

export interface Picture {
  bars: Bar[];
  bands: Band[];
  /** Pixels for one byte. */
  scale: number;
}

const hair = 1;

const round = (value: number): number => Math.round(value * 100) / 100;

/** The height that stages need for their gaps and a body of some height. */
export const heightFor = (nodes: FlowNode[], body: number, gap: number): number => {
  const counts = new Map<number, number>();
  for (const { stage } of nodes) counts.set(stage, (counts.get(stage) ?? 0) + 1);
  return body + gap * Math.max(0, ...counts.values());
};

/** Lays a picture out: nodes stand in the order in which they are given, and every stage has the same scale. */
export const layOut = (nodes: FlowNode[], flows: Flow[], size: Size): Picture => {
  const stages = Math.max(0, ...nodes.map(({ stage }) => stage)) + 1;
  const members = Array.from({ length: stages }, (_, stage) => nodes.flatMap((node, index) => (node.stage === stage ? [index] : [])));
  const sum = (indexes: number[]): number => indexes.reduce((total, index) => total + (nodes[index]?.bytes ?? 0), 0);
  const scale = Math.min(
    ...members.filter((indexes) => sum(indexes) > 0).map((indexes) => (size.height - size.gap * indexes.length) / sum(indexes)),
  );
  const bars: Bar[] = nodes.map(() => ({ x: 0, y: 0, height: 0 }));
  members.forEach((indexes, stage) => {
    let y = size.gap / 2;
    for (const index of indexes) {
      const height = Math.max(hair, (nodes[index]?.bytes ?? 0) * scale);
      const x = stages === 1 ? 0 : (stage * (size.width - size.bar)) / (stages - 1);
      bars[index] = { x: round(x), y: round(y), height: round(height) };
      y += height + size.gap;
    }
  });
  return { bars, bands: layBands(bars, flows, scale, size.bar), scale };
};

const layBands = (bars: Bar[], flows: Flow[], scale: number, bar: number): Band[] => {
  const starts = new Map<Flow, number>();
  const ends = new Map<Flow, number>();
  // At each bar bands stand in the order of their other ends, so that those of one bar do not cross.
  const stack = (end: 'from' | 'to', other: 'from' | 'to', places: Map<Flow, number>): void => {
    const used = new Map<number, number>();
    for (const flow of [...flows].sort((a, b) => (bars[a[other]]?.y ?? 0) - (bars[b[other]]?.y ?? 0))) {
      const before = used.get(flow[end]) ?? 0;
      places.set(flow, (bars[flow[end]]?.y ?? 0) + before);
      used.set(flow[end], before + flow.bytes * scale);
    }
  };
  stack('from', 'to', starts);
  stack('to', 'from', ends);
  return flows
    .filter(({ bytes }) => bytes > 0)
    .map((flow) => {
      const width = Math.max(hair, flow.bytes * scale);
      const [left, right] = [(bars[flow.from]?.x ?? 0) + bar, bars[flow.to]?.x ?? 0];
      const [top, bottom] = [starts.get(flow) ?? 0, ends.get(flow) ?? 0];
      return { ...flow, width: round(width), outline: outline(left, top, right, bottom, width) };
    });
};

const outline = (left: number, top: number, right: number, bottom: number, width: number): string => {
  const middle = round((left + right) / 2);
  const [a, b, c, d] = [round(top), round(bottom), round(bottom + width), round(top + width)];
  return `M${round(left)} ${a}C${middle} ${a} ${middle} ${b} ${round(right)} ${b}V${c}C${middle} ${c} ${middle} ${d} ${round(left)} ${d}Z`;
};
