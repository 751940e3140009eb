import type { Bind, ChartRow, Owner, Process, Socket } from './types';

/** An address as the chart names it: * is every address, lo the loopback ones. */
export const bindText = ({ address, family, dualStack, interface: device }: Bind): string => {
  const any = address === '0.0.0.0' || address === '::';
  const families = any ? (family === 'ipv4' ? ' IPv4' : dualStack ? ' IPv4, IPv6' : ' IPv6') : '';
  return `${any ? '*' : address}${families}${device === null ? '' : `%${device}`}`;
};

export const bindsText = (binds: Bind[]): string => {
  const text = [...new Set(binds.map(bindText))].sort().join(', ');
  return text === '* IPv4, * IPv6' ? '* IPv4, IPv6' : text;
};

const kinds: Partial<Record<Owner['kind'], string>> = { kernel: 'kernel', hidden: '(hidden)', none: '(none)' };

export const ownerText = (owner: Owner): string => owner.name ?? kinds[owner.kind] ?? '(not known)';

export const processText = (process: Process): string => `${process.name} ${process.pid}`;

export const ownerDetail = ({ owners, owner }: ChartRow): string => {
  const others = owners === null ? '' : owners.length > 1 ? ` ×${owners.length}` : '';
  const first = owners?.[0];
  const process = first === undefined ? '' : first.name === owner.name ? `pid ${first.pid}` : processText(first);
  return `${process}${others}`;
};

// Any program may listen on a port from 1024 on (RFC 6335, section 6): where its name is known, the number says less.
const guess = (service: string | null, port: number, known: boolean): string =>
  service === null || (port >= 1024 && known) ? '' : `${service}?`;

/** What runs there; the registry's name of the number, as a guess, where nothing else says it. */
export const serviceText = (row: ChartRow): string =>
  row.identified === null
    ? guess(row.service, row.port, row.owner.kind !== 'hidden' && row.owner.kind !== 'none')
    : `${row.identified.name}${row.identified.claimed ? '?' : ''}`;

/** What became of something, said once where it stayed: nginx, caddy → nginx. */
export const moved = (before: string | null, after: string | null): string =>
  before === null || after === null || before === after ? (after ?? before ?? '') : `${before} → ${after}`;

export const socketService = ({ service, local, owners }: Socket): string =>
  guess(service, local?.port ?? 0, owners !== null && owners.length > 0);

export const portPath = (port: number, protocol: string | null): string => `/ports/${port}?protocol=${protocol ?? 'tcp'}`;

export const endText = (end: { address: string; port: number } | null): string =>
  end === null ? '–' : `${end.address.includes(':') ? `[${end.address}]` : end.address}:${end.port === 0 ? '*' : end.port}`;

export const socketOwner = ({ owners }: Socket): string =>
  owners === null ? '(hidden)' : owners.length === 0 ? '(none)' : owners.map(processText).join(', ');
