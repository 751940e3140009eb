// The documents of the API: docs/api.md and docs/schema. Absent facts are null.

export type Exposure = 'reachable' | 'limited' | 'blocked' | 'local' | 'unknown';
export type Decision = 'allow' | 'drop' | 'reject' | 'depends' | 'unknown';

export interface Missing {
  code?: string;
  what: string;
  why: string;
}

export interface Looked {
  takenAt: string;
  host: string;
  complete: boolean;
  missing: Missing[];
}

export interface Bind {
  address: string;
  family: 'ipv4' | 'ipv6';
  dualStack: boolean | null;
  interface: string | null;
}

export interface Container {
  id: string;
  runtime: string;
  name: string | null;
}

export interface Process {
  pid: number;
  name: string;
  command: string | null;
  startedAt: string | null;
  unit: string | null;
  container: Container | null;
}

export interface Owner {
  kind: 'process' | 'unit' | 'container' | 'socket-activation' | 'kernel' | 'hidden' | 'none' | 'forwarded';
  name: string | null;
  activatedBy: string | null;
}

export interface Identified {
  name: string;
  source: string;
  claimed: boolean;
  product: string | null;
  version: string | null;
}

export interface Verdict {
  decision: Decision;
  proof: string;
  from: string[];
  partly: string[];
  limit: string | null;
  exceptions: string[];
  rule: string | null;
  summary: string | null;
}

export interface ChartRow {
  port: number;
  protocol: string;
  binds: Bind[];
  owner: Owner;
  owners: Process[] | null;
  service: string | null;
  identified: Identified | null;
  exposure: Exposure;
  verdict: Verdict;
  connections: number | null;
  bytesIn: number | null;
  bytesOut: number | null;
  namespace: string | null;
  forward: { targets: string[] } | null;
  notes: string[];
}

export interface Totals {
  listening: number;
  reachable: number;
  limited: number;
  blocked: number;
  local: number;
  unknown: number;
  connections: number;
}

export interface Warning {
  code: string;
  text: string;
}

export interface PortsPage extends Looked {
  judging: boolean;
  warnings: Warning[];
  total: number;
  matched: number;
  offset: number;
  ports: ChartRow[];
}

export interface Attention {
  code: string;
  severity: 'warning' | 'notice';
  text: string;
  protocol: string | null;
  port: number | null;
  command: string | null;
}

export interface Change {
  at: string;
  previousLook: string | null;
  protocol: string | null;
  port: number | null;
  ports: string | null;
  namespace: string | null;
  change: string;
  text: string;
  ownerBefore: string | null;
  owner: string | null;
  reachBefore: Exposure | null;
  reach: Exposure | null;
  widened: boolean;
}

export interface OverviewPage extends Looked {
  /** Whether the firewall's verdicts are still on their way. */
  judging: boolean;
  totals: Totals;
  exposed: ChartRow[];
  attention: Attention[];
  changes: { since: string | null; rows: Change[]; more: boolean; missing: Missing[] } | null;
}

export interface AllowedRanges {
  first: number[];
  last: number[];
  decision: Decision[];
  from: string[];
  rule: (string | null)[];
}

export interface MapLayer {
  protocol: string;
  first: number[];
  last: number[];
  exposure: Exposure[];
  owner: number[];
  connections: number[];
  bytesIn: (number | null)[];
  bytesOut: (number | null)[];
  since: (number | null)[];
  allowed: AllowedRanges | null;
}

export interface PortMap {
  takenAt: string;
  ephemeral: { first: number; last: number } | null;
  owners: (string | null)[];
  layers: MapLayer[];
}

export interface Fact {
  code: string;
  text: string;
  source: string;
  guess?: boolean;
}

export interface Holder {
  protocol: string;
  use: 'listening' | 'bound' | 'connected' | 'forwarded';
  service: string | null;
  identified: Identified | null;
  package: { name: string; version: string | null } | null;
  binds: Bind[];
  connections: number;
  owner: Owner;
  owners: Process[] | null;
  container: Container | null;
  user: { id: number; name: string | null } | null;
  workingDirectory: string | null;
  executable: string | null;
  ancestors: Process[];
  origin?: {
    startedBy: Fact | null;
    startsAgain: Fact | null;
    portFrom: Fact | null;
    workingCopy: Fact | null;
    warnings: Warning[];
  } | null;
}

export interface HolderDocument extends Looked {
  port: number;
  held: boolean;
  holders: Holder[];
  binds: { protocol: string; free: boolean; reasons: { code: string; obstacle: boolean; text: string }[] }[];
  nearestFree: number | null;
}

export interface RegistryEntry {
  port: number;
  endPort: number;
  protocol: string;
  name: string | null;
  aliases: string[];
  description: string | null;
  status: 'assigned' | 'reserved' | 'unassigned';
  category: 'System' | 'User' | 'Dynamic';
  reference: string | null;
}

export interface RegistryDocument {
  registry: { asOf: string; builtIn: boolean };
  entries: RegistryEntry[];
}

export interface PortPage {
  holder: HolderDocument;
  rows: ChartRow[];
  registry: RegistryDocument;
}

export interface ExplanationStep {
  layer: string;
  result: 'ok' | 'fail' | 'not-checked' | 'unknown';
  detail: string;
  rule: string | null;
  ruleText: string | null;
  proof: string | null;
  more: string[];
}

export interface Explanation extends Looked {
  target: string;
  from: string | null;
  verdict: 'reachable' | 'unreachable' | 'depends' | 'unknown';
  symptom: string | null;
  headline: string;
  limit: string | null;
  footnotes: string[];
  steps: ExplanationStep[];
  fix: string[];
  close: string[];
  check: string | null;
}

export interface Socket {
  protocol: string;
  family: string | null;
  local: { address: string; port: number; interface: string | null } | null;
  remote: { address: string; port: number } | null;
  state: string;
  receiveQueue: number;
  sendQueue: number;
  service: string | null;
  user: { id: number; name: string | null } | null;
  inode: number | null;
  cookie: string | null;
  owners: Process[] | null;
  bytesSent: number | null;
  bytesReceived: number | null;
  path?: string | null;
}

export interface SocketsPage extends Partial<Looked> {
  total: number;
  matched?: number;
  offset?: number;
  states?: Record<string, number>;
  sockets: Socket[];
}

export interface HistoryPage extends Looked {
  store: string | null;
  firstLook: string | null;
  lastLook: string | null;
  total: number;
  matched: number;
  offset: number;
  changes: Change[];
}

export interface HistoryDocument {
  changes: {
    foundAt: string;
    change: string;
    protocol: string | null;
    port: number | null;
    before: { text: string | null };
    after: { text: string | null };
  }[];
  more: boolean;
}

export interface StopDocument extends Looked {
  holders: Holder[];
  dryRun: boolean;
  steps: {
    action: 'stop-unit' | 'stop-container' | 'signal';
    units: string[];
    container: Container | null;
    pids: number[];
    signal: string | null;
    timeoutSeconds: number;
    result: string | null;
    error: string | null;
  }[];
  refused: { code: string; why: string; remedy: string | null }[];
  remaining: string[] | null;
}

export interface Finding {
  topic: string;
  state: 'ok' | 'limited' | 'missing';
  detail: string;
  remedy: string | null;
}

export interface DoctorDocument {
  takenAt: string;
  host: string;
  kernel: string;
  userId: number;
  capabilities: string[];
  findings: Finding[];
}

export interface Rule {
  handle: number;
  text: string;
  comment: string | null;
  ports: { protocol: string | null; first: number; last: number }[];
  says: string | null;
  from: string[];
  conditions: string[];
  manager: string | null;
  shadowedBy: number | null;
  own: { state: 'on' | 'pending' | 'paused' | 'ended'; secondsLeft: number | null } | null;
  counter: { packets: number; bytes: number } | null;
}

export interface RulesDocument extends Looked {
  managers: { name: string; chains: unknown[] }[];
  tables: {
    family: string;
    name: string;
    dormant: boolean;
    chains: {
      name: string;
      hook: { point: string; priority: number; type: string; policy: 'accept' | 'drop' } | null;
      default: { does: string; chain: string; handle: number | null } | null;
      rules: Rule[];
    }[];
  }[];
}

export interface Lookup {
  source: string;
  path?: string;
  server?: string;
  question?: string;
  outcome?: string;
  detail?: string;
  error?: string | null;
}

export interface CheckStep {
  step: string;
  atMilliseconds: number;
  elapsedMilliseconds: number;
  result: 'ok' | 'warning' | 'failed' | 'local-failure';
  summary: string;
  meaning: string | null;
  lookups?: Lookup[];
  attempts?: { address: string; outcome: string; summary: string; used: boolean; elapsedMilliseconds: number }[];
  faults?: { text: string }[];
  version?: string | null;
  cipherSuite?: string | null;
  alpn?: string | null;
  daysLeft?: number | null;
  chain?: { subject: string; issuer: string; notAfter: string }[];
  text?: string;
}

export interface CheckDocument {
  takenAt: string;
  host: string;
  /** The zone of a fleet from where an agent checked. */
  vantage?: string;
  problem?: string | null;
  checks: Check[];
}

export interface Check {
  target: string;
  elapsedMilliseconds: number;
  reached: boolean;
  result: string;
  state: string;
  summary: string;
  hops: { url: string; steps: CheckStep[] }[];
}

/** The answer to a check: of this machine, or of each zone that was asked. */
export type CheckAnswer = CheckDocument | { takenAt: string; vantages: CheckDocument[] };

export interface FleetAgent {
  name: string;
  zone: string;
  version: string;
  mode: string;
  scope: string;
  lastSeen: string;
  silent: boolean;
  chunks: number;
  draining: boolean;
  maxRate: number | null;
}

export interface JobZone {
  zone: string;
  done: boolean;
  complete: boolean;
  hostsAsked: number;
  hostsUp: number;
  portsPlanned: number;
  portsStored: number;
  open: number;
  notProbed: number;
  outOfScope: number;
  probeLoss: number | null;
}

export interface FleetJob {
  job: number;
  state: 'running' | 'done' | 'cancelled';
  createdAt: string;
  endedAt: string | null;
  targets: string[];
  tcp: string;
  udp: string;
  hosts: number;
  zones: JobZone[];
}

export interface FleetPage {
  takenAt: string;
  status: {
    jobsRunning: number;
    zones: { zone: string; agents: number; connected: number; atWork: number; draining: number }[];
    needsAttention: string[];
  };
  agents: FleetAgent[];
  jobs: FleetJob[];
}

export interface FleetJobPage {
  takenAt: string;
  job: FleetJob;
  incomplete: { zone: string; why: string }[];
  open: { address: string; protocol: string; port: number; zones: string[] }[];
  moreOpen: boolean;
  disagreement: {
    rows: { address: string; protocol: string; port: number; states: { vantage: string; state: string | null }[] }[];
    more: boolean;
    others: number;
  } | null;
}
