import { describe, expect, it } from 'vitest';
import { inWords, lines, nodeName, rate, rowLink, rowName, total, type TrafficNode, type TrafficPage, type TrafficRow } from './traffic';

const row = (some: Partial<TrafficRow>): TrafficRow => ({
  key: 'k', protocol: null, port: null, role: null, service: null, name: null, pid: null, remote: null, owners: [], inPerSecond: null,
  outPerSecond: null, meanInPerSecond: null, meanOutPerSecond: null, bytesIn: null, bytesOut: null, connections: null, rates: [], ...some,
});

const node = (some: Partial<TrafficNode>): TrafficNode => ({
  stage: 'port', name: null, protocol: null, port: null, role: null, service: null, others: 0, bytes: 0, ...some,
});

describe('traffic in words', () => {
  it('names rows and where they lead to', () => {
    const served = row({ protocol: 'tcp', port: 443, role: 'server' });
    expect(rowName(served, 'port')).toBe('443/tcp served');
    expect(rowLink(served, 'port')).toBe('/ports/443?protocol=tcp');
    expect(rowName(row({ pid: 7 }), 'process')).toBe('pid 7');
    expect(rowName(row({}), 'unit')).toBe('no unit known');
    expect(rowLink(row({}), 'unit')).toBeNull();
    expect(rowLink(row({ name: 'my app.service' }), 'unit')).toBe('/connections?filter=unit+%22my+app.service%22');
  });

  it('tells what is not known from nothing', () => {
    expect(rate(null)).toBe('–');
    expect(rate(0)).toBe('0B/s');
    expect(rate(2048)).toBe('2.0KiB/s');
    expect(total(row({}))).toBeNull();
    expect(total(row({ bytesIn: 5 }))).toBe(5);
  });

  it('counts those that stand together', () => {
    expect(nodeName(node({ stage: 'remote', others: 19 }))).toBe('19 other addresses');
    expect(nodeName(node({ protocol: 'tcp', port: 22, role: 'client' }))).toBe('22/tcp dialled');
    const nodes = [node({ stage: 'process', name: 'a' }), node({ protocol: 'tcp', port: 22 }), node({ stage: 'remote', others: 19 })];
    expect(inWords({ nodes, links: [{ from: 0, to: 1, bytes: 10 }, { from: 1, to: 2, bytes: 2048 }] })).toBe(
      '1 process, 1 port, 19 addresses; the most goes between 22/tcp and 19 other addresses: 2.0KiB',
    );
  });

  it('draws lines of rows that have rates', () => {
    const rows = [row({ key: 'a', rates: [null] }), row({ key: 'b', rates: [null, 3] })];
    expect(lines({ rows } as TrafficPage).map(({ key }) => key)).toEqual(['b']);
  });
});
