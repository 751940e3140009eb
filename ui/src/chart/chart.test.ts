import { describe, expect, it } from 'vitest';
import type { MapLayer } from '../lib/types';
import { groups, rangeText } from './groups';
import { ianaRange, layers, colours, portCount, ProtocolChart } from './model';
import { paint } from './paint';

const layer: MapLayer = {
  protocol: 'tcp',
  first: [22, 80, 3306, 8000],
  last: [22, 80, 3306, 8003],
  exposure: ['reachable', 'blocked', 'local', 'limited'],
  owner: [0, 1, 2, 1],
  connections: [2, 0, 1, 0],
  bytesIn: [10, null, 2 ** 20, 0],
  bytesOut: [5, null, 0, 0],
  since: [1000, null, 2000, 3000],
  allowed: {
    first: [1, 22, 23, 443, 444, 8000, 8004],
    last: [21, 22, 442, 443, 7999, 8003, 65535],
    decision: ['drop', 'allow', 'drop', 'allow', 'drop', 'depends', 'drop'],
    from: ['', 'everyone', '', 'everyone', '', '10.0.0.0/8', ''],
    rule: [null, 'inet filter input handle 4', null, 'inet filter input handle 5', null, 'inet filter input handle 6', null],
  },
};
const chart = new ProtocolChart(layer, ['sshd', 'nginx', 'mysqld']);
const words = (of: ProtocolChart, which: (typeof layers)[number]): Record<string, string> =>
  Object.fromEntries(groups(of, which, 'exposure', 5000).map((group) => [group.label, group.ranges.map(rangeText).join(' ')]));

describe('the chart of a protocol', () => {
  it('knows each cell', () => {
    expect(chart.cell(22)).toMatchObject({ exposure: 'reachable', owner: 'sshd', connections: 2, bytes: 15, allowed: 'allow' });
    expect(chart.cell(80)).toMatchObject({ exposure: 'blocked', bytes: null, since: null, disagreement: 'blocked-listener' });
    expect(chart.cell(443)).toMatchObject({ listening: false, owner: null, disagreement: 'allowed-unused' });
    expect(chart.cell(3306).disagreement).toBe(null);
    expect(chart.cell(0)).toMatchObject({ listening: false, allowed: null });
    expect(chart.cell(8003)).toMatchObject({ owner: 'nginx', from: '10.0.0.0/8', disagreement: null });
  });
  it('does not call a port unused that the firewall lets in by default', () => {
    const allowed = { first: [1], last: [65535], decision: ['allow' as const], from: ['everyone'], rule: [null] };
    const open = new ProtocolChart({ ...layer, allowed }, []);
    expect(open.cell(443).disagreement).toBe(null);
    expect(open.cell(443).allowed).toBe('allow');
  });
  it('says nothing of rules that are not known', () => {
    const unknown = new ProtocolChart({ ...layer, allowed: null }, []);
    expect(unknown.usual).toBe(null);
    expect(unknown.cell(443)).toMatchObject({ allowed: null, disagreement: null });
  });
  it('goes from listener to listener, round the end', () => {
    expect([chart.neighbour(22, 1), chart.neighbour(22, -1), chart.neighbour(8003, 1)]).toEqual([80, 8003, 22]);
  });
  it('has IANA ranges', () => {
    expect([0, 1023, 1024, 49151, 49152, 65535].map(ianaRange)).toEqual(['System', 'System', 'User', 'User', 'Dynamic', 'Dynamic']);
  });
});

describe('the text beside the picture', () => {
  it('says what each layer shows, in ranges', () => {
    expect(words(chart, 'listening')).toEqual({
      Reachable: '22',
      Limited: '8000–8003',
      Blocked: '80',
      'This machine only': '3306',
      'Glows: listening, but the firewall lets nobody in': '80',
    });
    expect(words(chart, 'reachable')).toEqual({ Reachable: '22', Limited: '8000–8003' });
    expect(words(chart, 'allowed')).toMatchObject({
      'The firewall lets clients in': '22 443',
      'The firewall lets some clients in': '8000–8003',
      'Glows: allowed, but nothing listens': '443',
    });
  });
  it('covers every listener with every colour', () => {
    for (const colour of colours) {
      const listed = groups(chart, 'listening', colour, 5000).filter((group) => group.tone !== 'glow');
      expect(listed.reduce((all, group) => all + group.ports, 0)).toBe(7);
    }
  });
});

describe('the picture', () => {
  const tones: string[] = [];
  const palette = (tone: string): number => (tones.includes(tone) ? tones.indexOf(tone) : tones.push(tone) - 1) + 1;
  const cells = new Uint32Array(portCount);
  const draw = (which: (typeof layers)[number]): void =>
    paint(cells, chart, { layer: which, colour: 'exposure', now: 5000, ephemeral: { first: 32768, last: 60999 }, palette });

  it('draws each listener of a layer in its tone, and no other cell', () => {
    for (const which of layers) {
      draw(which);
      for (let port = 0; port < portCount; port++) {
        const cell = chart.cell(port);
        const shown = cell.listening && (which !== 'reachable' || cell.exposure === 'reachable' || cell.exposure === 'limited');
        if (shown) expect(cells[port], `${which} ${port}`).toBe(palette(`exposure-${cell.exposure}`));
      }
    }
  });
  it('draws the glow where rules and listeners disagree', () => {
    draw('reachable');
    const plain = cells.slice();
    draw('allowed');
    expect(cells[443 + 512]).not.toBe(plain[443 + 256]);
    expect(cells[30000]).toBe(plain[30000]);
  });
});
