/** RFC 9293, figure 5: where each state stands in the picture, and which segments and calls lead on. */
export interface StateNode {
  name: string;
  x: number;
  y: number;
}

export const width = 128;
export const height = 56;
export const size = { width: 1208, height: 216 };

// The figure lies on its side: time goes to the right, the side that closes first is at the top.
const column = (index: number): number => 4 + index * 178;
const [top, middle, bottom] = [4, 80, 156];

export const nodes: StateNode[] = [
  { name: 'CLOSED', x: column(0), y: middle },
  { name: 'LISTEN', x: column(1), y: top },
  { name: 'SYN-RECEIVED', x: column(2), y: top },
  { name: 'SYN-SENT', x: column(2), y: bottom },
  { name: 'ESTABLISHED', x: column(3), y: middle },
  { name: 'FIN-WAIT-1', x: column(4), y: top },
  { name: 'CLOSE-WAIT', x: column(4), y: bottom },
  { name: 'FIN-WAIT-2', x: column(5), y: top },
  { name: 'CLOSING', x: column(5), y: middle },
  { name: 'LAST-ACK', x: column(5), y: bottom },
  { name: 'TIME-WAIT', x: column(6), y: top },
];

export const edges: [from: string, to: string, why: string][] = [
  ['CLOSED', 'LISTEN', 'passive OPEN'],
  ['CLOSED', 'SYN-SENT', 'active OPEN, send SYN'],
  ['LISTEN', 'SYN-RECEIVED', 'receive SYN, send SYN and ACK'],
  ['LISTEN', 'SYN-SENT', 'SEND, send SYN'],
  ['SYN-SENT', 'SYN-RECEIVED', 'receive SYN, send SYN and ACK'],
  ['SYN-RECEIVED', 'ESTABLISHED', 'receive ACK of SYN'],
  ['SYN-SENT', 'ESTABLISHED', 'receive SYN and ACK, send ACK'],
  ['SYN-RECEIVED', 'FIN-WAIT-1', 'CLOSE, send FIN'],
  ['ESTABLISHED', 'FIN-WAIT-1', 'CLOSE, send FIN'],
  ['ESTABLISHED', 'CLOSE-WAIT', 'receive FIN, send ACK'],
  ['FIN-WAIT-1', 'FIN-WAIT-2', 'receive ACK of FIN'],
  ['FIN-WAIT-1', 'CLOSING', 'receive FIN, send ACK'],
  ['CLOSE-WAIT', 'LAST-ACK', 'CLOSE, send FIN'],
  ['FIN-WAIT-2', 'TIME-WAIT', 'receive FIN, send ACK'],
  ['CLOSING', 'TIME-WAIT', 'receive ACK of FIN'],
];

/** A straight line from the edge of one state's box to the edge of another's. */
export const line = (from: string, to: string): string => {
  const one = nodes.find((node) => node.name === from);
  const other = nodes.find((node) => node.name === to);
  if (one === undefined || other === undefined) return '';
  const start = centre(one);
  const end = centre(other);
  const [x1, y1] = edge(start, end);
  const [x2, y2] = edge(end, start);
  return `M${x1} ${y1}L${x2} ${y2}`;
};

const centre = ({ x, y }: StateNode): [number, number] => [x + width / 2, y + height / 2];

const edge = ([x, y]: [number, number], [toX, toY]: [number, number]): [number, number] => {
  const dx = toX - x;
  const dy = toY - y;
  const scale = Math.min(dx === 0 ? Infinity : width / 2 / Math.abs(dx), dy === 0 ? Infinity : height / 2 / Math.abs(dy));
  return [Math.round(x + dx * scale), Math.round(y + dy * scale)];
};
