import { address } from './api';

export interface Suggestion {
  label: string;
  href: string;
}

const isAddress = (text: string): boolean => /^\d{1,3}(\.\d{1,3}){3}(\/\d+)?$/.test(text) || /^[0-9a-f]*:[0-9a-f:.]+(\/\d+)?$/i.test(text);

/** A value of the filter language: in quotes where it has more than letters, digits and a few signs. */
export const filterValue = (text: string): string => (/^[\w.*?:/-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`);

/** Where the words of a search lead to, the likeliest first. */
export const suggestions = (
  words: string,
  pages: { path: string; name: string }[],
  owners: string[],
  services: { port: number; protocol: string; name: string | null }[],
): Suggestion[] => {
  const text = words.trim();
  if (text === '') return [];
  const lower = text.toLowerCase();
  const found: Suggestion[] = [];
  const port = /^(\d{1,5})(?:\/(tcp|udp|sctp|dccp))?$/.exec(lower);
  if (port?.[1] !== undefined && Number(port[1]) <= 65535) {
    for (const protocol of port[2] === undefined ? ['tcp', 'udp'] : [port[2]]) {
      found.push({ label: `Port ${Number(port[1])}/${protocol}`, href: `/ports/${Number(port[1])}?protocol=${protocol}` });
    }
  }
  if (isAddress(text)) found.push({ label: `Connections with ${text}`, href: address('/connections', { filter: `address ${text}` }) });
  for (const page of pages) if (page.name.toLowerCase().startsWith(lower)) found.push({ label: `Page ${page.name}`, href: page.path });
  for (const owner of owners.filter((name) => name.toLowerCase().includes(lower)).slice(0, 4)) {
    found.push({ label: `Ports of ${owner}`, href: address('/ports', { filter: ownerFilter(owner) }) });
  }
  for (const { port: number, protocol, name } of services.slice(0, 4)) {
    found.push({ label: `Port ${number}/${protocol}${name === null ? '' : ` ${name}`}`, href: `/ports/${number}?protocol=${protocol}` });
  }
  if (!isAddress(text)) found.push({ label: `Registry: ${text}`, href: address('/registry', { query: text }) });
  return found.filter(({ href }, index) => found.findIndex((other) => other.href === href) === index).slice(0, 10);
};

const ownerFilter = (owner: string): string =>
  /\.(service|socket|scope|slice)$/.test(owner)
    ? `unit ${filterValue(owner)}`
    : `process ${filterValue(owner)} or container ${filterValue(owner)}`;
