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
  const port = /^(\d{1,5})(?:[/ ](tcp|udp|sctp|dccp))?$/.exec(lower);
  if (port?.[1] !== undefined && Number(port[1]) <= 65535) {
    for (const protocol of port[2] === undefined ? ['tcp', 'udp'] : [port[2]]) {
      found.push({ label: `Port ${Number(port[1])}/${protocol}`, href: `/ports/${Number(port[1])}?protocol=${protocol}` });
    }
  }
  const end = /^(?:\[([0-9a-f:.]+)\]|(\d{1,3}(?:\.\d{1,3}){3})):(\d{1,5})$/i.exec(text);
  if (end !== null) {
    const filter = `address ${end[1] ?? end[2]} and port ${end[3]}`;
    found.push({ label: `Connections with ${text}`, href: address('/connections', { filter }) });
    found.push({ label: `Port ${end[3]}/tcp`, href: `/ports/${end[3]}?protocol=tcp` });
    return found;
  }
  if (isAddress(text)) found.push({ label: `Connections with ${text}`, href: address('/connections', { filter: `address ${text}` }) });
  for (const page of pages) if (page.name.toLowerCase().startsWith(lower)) found.push({ label: `Page ${page.name}`, href: page.path });
  for (const owner of owners.filter((name) => name.toLowerCase().includes(lower)).slice(0, 4)) {
    found.push({ label: `Ports of ${owner}`, href: address('/ports', { filter: ownerFilter(owner) }) });
  }
  // A word of a description names no port that is meant: names come before the registry, descriptions after it.
  const named = services.filter(({ name }) => name?.toLowerCase().startsWith(lower));
  const entries = ({ port: number, protocol, name }: (typeof services)[number]): Suggestion => ({
    label: `Port ${number}/${protocol}${name === null ? '' : ` ${name}`}, by the registry`,
    href: `/ports/${number}?protocol=${protocol}`,
  });
  found.push(...named.slice(0, 4).map(entries));
  if (!isAddress(text)) found.push({ label: `Registry: ${text}`, href: address('/registry', { query: text }) });
  found.push(...services.filter((service) => !named.includes(service)).slice(0, 4).map(entries));
  return found.filter(({ href }, index) => found.findIndex((other) => other.href === href) === index).slice(0, 10);
};

const ownerFilter = (owner: string): string =>
  /\.(service|socket|scope|slice)$/.test(owner)
    ? `unit ${filterValue(owner)}`
    : `process ${filterValue(owner)} or container ${filterValue(owner)}`;
