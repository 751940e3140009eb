import { describe, expect, it } from 'vitest';
import { agentState, differs, documentsOf, loss, progress, scanned } from './fleet';
import type { CheckDocument, FleetAgent, FleetJob, FleetJobPage, JobZone } from './types';

const agent: FleetAgent = {
  name: 'lan-1',
  zone: 'lan',
  version: '0.1.0',
  mode: 'raw',
  scope: '',
  lastSeen: '2026-11-27T07:00:00Z',
  silent: false,
  chunks: 0,
  draining: false,
  maxRate: null,
};

const zone: JobZone = {
  zone: 'lan',
  done: false,
  complete: false,
  hostsAsked: 0,
  hostsUp: 0,
  portsPlanned: 0,
  portsStored: 0,
  open: 0,
  notProbed: 0,
  outOfScope: 0,
  probeLoss: null,
};

const job: FleetJob = {
  job: 1,
  state: 'running',
  createdAt: '2026-11-27T07:00:00Z',
  endedAt: null,
  targets: ['198.18.0.0/24'],
  tcp: '22,80',
  udp: '',
  hosts: 256,
  zones: [zone],
};

const page = (more: Partial<FleetJobPage>, zones = [zone, { ...zone, zone: 'dmz' }]): FleetJobPage => ({
  takenAt: '',
  job: { ...job, zones },
  incomplete: [],
  open: [],
  moreOpen: false,
  disagreement: { rows: [], more: false, others: 0 },
  ...more,
});

describe('an agent', () => {
  const taken = '2026-11-27T07:02:05Z';
  it('is silent before it is anything else', () => {
    expect(agentState({ ...agent, silent: true, draining: true, chunks: 2 }, taken).text).toBe('silent for 2 min 5 s');
  });
  it('drains, works or idles', () => {
    expect(agentState({ ...agent, draining: true, chunks: 2 }, taken).text).toBe('draining');
    expect(agentState({ ...agent, chunks: 2 }, taken).text).toBe('at work on 2 chunks');
    expect(agentState(agent, taken)).toEqual({ mark: '✔', tone: 'good', text: 'idle' });
  });
});

describe('a job', () => {
  it('looks for hosts first, then probes ports, and is done only when it is', () => {
    expect(progress(job, { ...zone, hostsAsked: 128 })).toEqual({ part: 0.5, text: 'discovery 50 %' });
    expect(progress(job, { ...zone, hostsAsked: 256, portsPlanned: 8, portsStored: 2 }).text).toBe('ports 25 %');
    expect(progress(job, { ...zone, hostsAsked: 256, portsPlanned: 8, portsStored: 8 }).text).toBe('ports 99 %');
    expect(progress(job, { ...zone, done: true })).toEqual({ part: 1, text: 'done' });
  });
  it('without discovery is at its ports from the start', () => {
    expect(progress(job, { ...zone, portsPlanned: 512, portsStored: 256 }).text).toBe('ports 50 %');
    expect(progress(job, zone)).toEqual({ part: 0, text: 'discovery 0 %' });
  });
  it('says what it scans, and what it lost', () => {
    expect(scanned({ ...job, udp: '53' })).toBe('198.18.0.0/24: TCP 22,80, UDP 53');
    expect([loss(zone), loss({ ...zone, probeLoss: 0.0123 })]).toEqual(['–', '1.2 %']);
  });
});

describe('what differs', () => {
  it('is nothing, some, or not known', () => {
    expect(differs(page({}))).toBe('All zones see the same open ports.');
    expect(differs(page({ disagreement: { rows: [], more: false, others: 1 } }))).toBe(
      'All zones see the same open ports. 1 more port differs, open from nowhere.',
    );
    const row = { address: '198.18.0.1', protocol: 'tcp', port: 22, states: [] };
    expect(differs(page({ disagreement: { rows: [row, row], more: true, others: 0 } }))).toBe(
      '2+ ports are open from one zone and not from another.',
    );
    expect(differs(page({ disagreement: null }))).toBe('The job is too large to compare its zones here.');
    expect(differs(page({ disagreement: null }, [zone]))).toBe('The job has one zone.');
  });
});

describe('a check', () => {
  it('is of this machine, or of each zone', () => {
    const document: CheckDocument = { takenAt: '', host: 'a', checks: [] };
    expect(documentsOf(null)).toEqual([]);
    expect(documentsOf(document)).toEqual([document]);
    expect(documentsOf({ takenAt: '', vantages: [document, document] })).toHaveLength(2);
  });
});
