import { EventReader, type ServerEvent } from './sse';

export type LiveMessage =
  | { type: 'status'; status: 'connecting' | 'live' | 'refused' }
  | { type: 'status'; status: 'lost'; retryAt: number }
  | { type: 'event'; event: string; data: string };

// Longer than two of the server's comments, which come every 15 seconds.
const silenceMilliseconds = 40_000;
const longestDelay = 15_000;

/** One stream of events, which connects again by itself until it is stopped. */
export class EventStream {
  #key = '';
  #lastId: string | null = null;
  #delay = 1000;
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly post: (message: LiveMessage) => void) {}

  start(key: string): void {
    if (this.#abort !== null && key === this.#key) return;
    this.stop();
    this.#key = key;
    this.#delay = 1000;
    this.#abort = new AbortController();
    void this.#run(this.#abort);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = null;
  }

  async #run(abort: AbortController): Promise<void> {
    this.post({ type: 'status', status: 'connecting' });
    try {
      const response = await this.#open(abort);
      if (response.status === 401) {
        this.#abort = null;
        this.post({ type: 'status', status: 'refused' });
        return;
      }
      if (response.ok && response.body !== null) await this.#read(response.body, abort);
    } catch {
      // A connection that ends is the ordinary case: what follows is the same for every reason.
    }
    if (abort === this.#abort) this.#again();
  }

  #open(abort: AbortController): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'text/event-stream', 'X-Portolan-Key': this.#key };
    if (this.#lastId !== null) headers['Last-Event-ID'] = this.#lastId;
    this.#expectBytes(abort);
    return fetch('/api/events', { headers, signal: abort.signal, cache: 'no-store', credentials: 'same-origin' });
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>, abort: AbortController): Promise<void> {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    const events = new EventReader();
    this.post({ type: 'status', status: 'live' });
    for (;;) {
      const { done, value } = await reader.read();
      if (done || abort !== this.#abort) return;
      this.#delay = 1000;
      this.#expectBytes(abort);
      for (const event of events.read(value)) this.#take(event);
    }
  }

  #take(event: ServerEvent): void {
    this.#lastId = event.id ?? this.#lastId;
    if (event.retry !== null) this.#delay = Math.min(event.retry, longestDelay);
    this.post({ type: 'event', event: event.event, data: event.data });
  }

  #expectBytes(abort: AbortController): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      abort.abort();
      if (abort === this.#abort) this.#again();
    }, silenceMilliseconds);
  }

  #again(): void {
    clearTimeout(this.#timer);
    const abort = new AbortController();
    this.#abort = abort;
    this.post({ type: 'status', status: 'lost', retryAt: Date.now() + this.#delay });
    this.#timer = setTimeout(() => void this.#run(abort), this.#delay);
    this.#delay = Math.min(this.#delay * 2, longestDelay);
  }
}
