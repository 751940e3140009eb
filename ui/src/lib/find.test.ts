import { describe, expect, it } from 'vitest';
import { suggestions } from './find';

const pages = [{ path: '/ports', name: 'Ports' }, { path: '/doctor', name: 'Doctor' }];
const find = (words: string): string[] =>
  suggestions(words, pages, ['nginx', 'ssh.service', 'odd name'], []).map((suggestion) => decodeURIComponent(suggestion.href));

describe('the search', () => {
  it('takes a number for a port', () => {
    expect(find('443').slice(0, 2)).toEqual(['/ports/443?protocol=tcp', '/ports/443?protocol=udp']);
    expect(find('53/udp')[0]).toBe('/ports/53?protocol=udp');
    expect(find('65536')).toEqual(['/registry?query=65536']);
  });
  it('takes an address for a peer', () => {
    expect(find('198.18.0.2')).toEqual(['/connections?filter=address+198.18.0.2']);
    expect(find('2001:db8::1')).toEqual(['/connections?filter=address+2001:db8::1']);
  });
  it('knows pages, owners and services', () => {
    expect(find('doc')[0]).toBe('/doctor');
    expect(find('nginx')[0]).toBe('/ports?filter=process+nginx+or+container+nginx');
    expect(find('ssh')[0]).toBe('/ports?filter=unit+ssh.service');
    expect(find('odd')[0]).toBe('/ports?filter=process+"odd+name"+or+container+"odd+name"');
    const https = [{ port: 443, protocol: 'tcp', name: 'https' }];
    expect(suggestions('http', [], [], https)[0]?.label).toBe('Port 443/tcp https, by the registry');
    const described = [{ port: 22222, protocol: 'tcp', name: 'easyengine' }];
    expect(suggestions('nginx', [], [], described)[0]?.href).toBe('/registry?query=nginx');
  });
  it('takes what is copied from a table', () => {
    expect(find('127.0.0.1:6379')[0]).toBe('/connections?filter=address+127.0.0.1+and+port+6379');
    expect(find('[::1]:22')[1]).toBe('/ports/22?protocol=tcp');
    expect(find('80 tcp')[0]).toBe('/ports/80?protocol=tcp');
  });
  it('finds nothing without words', () => expect(find('  ')).toEqual([]));
});
