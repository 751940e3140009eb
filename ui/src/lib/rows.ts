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

export const serviceText = (row: ChartRow): string =>
  row.identified === null ? (row.service ?? '') : `${row.identified.name}${row.identified.claimed ? '?' : ''}`;

/** What became of something, said once where it stayed: nginx, caddy → nginx. */
export const moved = (before: string | null, after: string | null): string =>
  before === null || after === null || before === after ? (after ?? before ?? '') : `${before} → ${after}`;

export const portPath = (port: number, protocol: string | null): string => `/ports/${port}?protocol=${protocol ?? 'tcp'}`;

export const endText = (end: { address: string; port: number } | null): string =>
  end === null ? '–' : `${end.address.includes(':') ? `[${end.address}]` : end.address}:${end.port === 0 ? '*' : end.port}`;

export const socketOwner = ({ owners }: Socket): string =>
  owners === null ? '(hidden)' : owners.length === 0 ? '(none)' : owners.map(processText).join(', ');
