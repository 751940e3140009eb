import type { Component } from 'svelte';
import Check from '../pages/Check.svelte';
import Connections from '../pages/Connections.svelte';
import Doctor from '../pages/Doctor.svelte';
import Fleet from '../pages/Fleet.svelte';
import FleetJob from '../pages/FleetJob.svelte';
import Firewall from '../pages/Firewall.svelte';
import History from '../pages/History.svelte';
import Overview from '../pages/Overview.svelte';
import Port from '../pages/Port.svelte';
import Ports from '../pages/Ports.svelte';
import Registry from '../pages/Registry.svelte';
import Traffic from '../pages/Traffic.svelte';
import { session } from './session.svelte';

export interface Page {
  path: string;
  name: string;
  view: Component;
  /** Whether the navigation has it; always, without. */
  isShown?: () => boolean;
}

/** The pages in the order of the navigation. */
export const pages: Page[] = [
  { path: '/', name: 'Overview', view: Overview },
  { path: '/ports', name: 'Ports', view: Ports },
  { path: '/connections', name: 'Connections', view: Connections },
  { path: '/traffic', name: 'Traffic', view: Traffic },
  { path: '/check', name: 'Check', view: Check },
  { path: '/fleet', name: 'Fleet', view: Fleet, isShown: () => session.info?.fleet ?? false },
  { path: '/firewall', name: 'Firewall', view: Firewall },
  { path: '/history', name: 'History', view: History },
  { path: '/registry', name: 'Registry', view: Registry },
  { path: '/doctor', name: 'Doctor', view: Doctor },
];

const port: Page = { path: '/ports/', name: 'Port', view: Port };
const job: Page = { path: '/fleet/', name: 'Job', view: FleetJob };

/** The page of an address; null where there is none. */
export const pageAt = (path: string): Page | null => {
  if (/^\/fleet\/\d{1,15}$/.test(path)) return job;
  return /^\/ports\/\d{1,5}$/.test(path) && Number(path.slice(7)) <= 65535 ? port : (pages.find((page) => page.path === path) ?? null);
};
