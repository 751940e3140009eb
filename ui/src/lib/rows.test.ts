import { describe, expect, it } from 'vitest';
import { bindsText, endText, moved, ownerText } from './rows';
import type { Bind } from './types';

const bind = (address: string, dualStack: boolean | null = false, device: string | null = null): Bind => ({
  address,
  family: address.includes(':') ? 'ipv6' : 'ipv4',
  dualStack,
  interface: device,
});

describe('binds', () => {
  it('are named as in the chart', () => {
    expect(bindsText([bind('0.0.0.0'), bind('::')])).toBe('* IPv4, IPv6');
    expect(bindsText([bind('::', true)])).toBe('* IPv4, IPv6');
    expect(bindsText([bind('0.0.0.0')])).toBe('* IPv4');
    expect(bindsText([bind('127.0.0.1'), bind('::1')])).toBe('127.0.0.1, ::1');
    expect(bindsText([bind('0.0.0.0', false, 'eth0')])).toBe('* IPv4%eth0');
  });
});

describe('ends and owners', () => {
  it('have brackets round IPv6 before a port', () => {
    expect([{ address: '::1', port: 22 }, { address: '10.0.0.1', port: 0 }, null].map(endText)).toEqual(['[::1]:22', '10.0.0.1:*', '–']);
  });
  it('are named where they are hidden', () => {
    expect(ownerText({ kind: 'hidden', name: null, activatedBy: null })).toBe('(hidden)');
    expect(ownerText({ kind: 'unit', name: 'ssh.service', activatedBy: null })).toBe('ssh.service');
  });
});

describe('what changed', () => {
  it('has both sides where they differ', () => {
    expect(moved('caddy', 'nginx')).toBe('caddy → nginx');
    expect([moved('nginx', 'nginx'), moved(null, 'nginx'), moved('nginx', null)]).toEqual(['nginx', 'nginx', 'nginx']);
    expect(moved(null, null)).toBe('');
  });
});
