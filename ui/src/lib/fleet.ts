import { count, duration, plural } from './text';
import type { CheckAnswer, CheckDocument, FleetAgent, FleetJob, FleetJobPage, JobZone } from './types';

/** What an agent does, and how that is to be seen. */
export const agentState = (agent: FleetAgent, takenAt: string): { mark: string; tone: string; text: string } => {
  if (agent.silent) {
    const seconds = (Date.parse(takenAt) - Date.parse(agent.lastSeen)) / 1000;
    return { mark: '✘', tone: 'bad', text: `silent for ${duration(seconds)}` };
  }
  if (agent.draining) return { mark: '◐', tone: 'warn', text: 'draining' };
  return { mark: '✔', tone: 'good', text: agent.chunks > 0 ? `at work on ${plural(agent.chunks, 'chunk')}` : 'idle' };
};

/** How far a job is at a zone, 0 to 1, and with what: hosts are looked for first, then ports are probed. */
export const progress = (job: FleetJob, zone: JobZone): { part: number; text: string } => {
  if (zone.done) return { part: 1, text: 'done' };
  const isFound = zone.hostsAsked >= job.hosts || (zone.hostsAsked === 0 && zone.portsPlanned > 0);
  const [done, planned] = isFound ? [zone.portsStored, zone.portsPlanned] : [zone.hostsAsked, job.hosts];
  const part = planned <= 0 ? 0 : Math.min(0.99, done / planned);
  return { part, text: `${isFound ? 'ports' : 'discovery'} ${Math.floor(part * 100)} %` };
};

/** Whether something may still change at a job. */
export const isRunning = (job: FleetJob): boolean => job.state === 'running';

/** What a job scans, in a line. */
export const scanned = (job: FleetJob): string => {
  const ports = [job.tcp === '' ? '' : `TCP ${job.tcp}`, job.udp === '' ? '' : `UDP ${job.udp}`].filter((text) => text !== '');
  return `${job.targets.join(' ')}: ${ports.join(', ')}`;
};

/** The loss of probes in percent; a dash where it is not known. */
export const loss = (zone: JobZone): string => (zone.probeLoss === null ? '–' : `${(zone.probeLoss * 100).toFixed(1)} %`);

/** What the zones of a job see differently, in a sentence. */
export const differs = ({ job, disagreement }: FleetJobPage): string => {
  if (job.zones.length < 2) return 'The job has one zone.';
  if (disagreement === null) return 'The job is too large to compare its zones here.';
  const others =
    disagreement.others === 0 ? '' : ` ${plural(disagreement.others, 'more port differs', 'more ports differ')}, open from nowhere.`;
  if (disagreement.rows.length === 0) return `All zones see the same open ports.${others}`;
  const rows = `${count(disagreement.rows.length)}${disagreement.more ? '+' : ''}`;
  return `${rows} ${disagreement.rows.length === 1 ? 'port is' : 'ports are'} open from one zone and not from another.${others}`;
};

/** What was checked, by vantage: one document for this machine, or one for each zone. */
export const documentsOf = (answer: CheckAnswer | null): CheckDocument[] =>
  answer === null ? [] : 'vantages' in answer ? answer.vantages : [answer];
