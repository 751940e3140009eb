import eventsUrl from '../events?sharedworker&url';
import type { TabMessage } from '../events';
import { key } from './api';
import { EventStream, type LiveMessage } from './stream';
import { visibleStrings } from './text';
import type { Totals } from './types';

export type LiveStatus = 'connecting' | 'live' | 'lost' | 'paused';

interface ChartEvent {
  generation: number;
  takenAt: string;
  bundle?: string;
  totals?: Totals;
  changes?: { protocol: string; port: number; change: string }[];
}

// Changes come several times a second; what is shown is fetched anew at most this often.
const coalesceMilliseconds = 1000;

class Live {
  status = $state<LiveStatus>('connecting');
  retryAt = $state(0);
  takenAt = $state<string | null>(null);
  totals = $state.raw<Totals | null>(null);
  note = $state<string | null>(null);
  /** Counts up whenever what is shown may be out of date. */
  version = $state(0);

  onRefused = (): void => undefined;
  onBundle: (hash: string) => void = () => undefined;

  #started = false;
  #waiting = false;
  #send: ((message: TabMessage) => void) | null = null;

  start(): void {
    if (this.#started) {
      this.#report();
      return;
    }
    this.#started = true;
    this.#send = this.#connect();
    document.addEventListener('visibilitychange', () => this.#report());
    addEventListener('pagehide', () => this.#send?.({ type: 'gone' }));
    addEventListener('pageshow', () => this.#report());
    this.#report();
  }

  stop(): void {
    this.#send?.({ type: 'hidden' });
  }

  refresh(): void {
    this.version++;
  }

  #connect(): (message: TabMessage) => void {
    if (typeof SharedWorker === 'undefined') {
      const stream = new EventStream((message) => this.#take(message));
      return (message) => (message.type === 'visible' ? stream.start(message.key) : stream.stop());
    }
    const bundle = document.querySelector<HTMLMetaElement>('meta[name="portolan-bundle"]')?.content ?? '';
    const worker = new SharedWorker(eventsUrl, { type: 'module', name: `portolan ${bundle}` });
    worker.port.onmessage = (event: MessageEvent<LiveMessage>) => this.#take(event.data);
    return (message) => worker.port.postMessage(message);
  }

  #report(): void {
    const value = key.get();
    if (document.visibilityState === 'visible' && value !== null) this.#send?.({ type: 'visible', key: value });
    else this.#send?.({ type: 'hidden' });
  }

  #take(message: LiveMessage): void {
    if (message.type === 'event') {
      this.#event(message.event, JSON.parse(message.data, visibleStrings) as ChartEvent);
    } else if (message.status === 'refused') {
      this.onRefused();
    } else {
      if (message.status === 'live' && this.status !== 'live') this.#outdated();
      this.status = message.status;
      if (message.status === 'lost') this.retryAt = message.retryAt;
    }
  }

  #event(name: string, data: ChartEvent): void {
    if (name === 'hello' && data.bundle !== undefined) this.onBundle(data.bundle);
    if (name === 'snapshot') this.note = 'Some changes were skipped; everything was fetched again.';
    if (name === 'chart') this.note = null;
    if (data.takenAt !== undefined) this.takenAt = data.takenAt;
    if (data.totals !== undefined) this.totals = data.totals;
    if (name === 'chart' || name === 'snapshot') this.#outdated();
  }

  #outdated(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      this.version++;
    }, coalesceMilliseconds);
  }
}

export const live = new Live();
