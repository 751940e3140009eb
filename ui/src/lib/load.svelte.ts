import { untrack } from 'svelte';
import { ApiError, get } from './api';
import { live } from './live.svelte';

/** What the server says at an address: the last answer stays while the next is on its way. */
export class Loaded<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  loading = $state(false);

  #url: string | null = null;
  #abort: AbortController | null = null;
  #again = false;

  /** Asks for the address. A question that is on its way is not asked twice; one for another address is dropped. */
  ask(url: string | null): void {
    if (url === this.#url && this.#abort !== null) {
      this.#again = true;
      return;
    }
    this.#abort?.abort();
    this.#again = false;
    this.#abort = null;
    this.#url = url;
    if (url !== null) void this.#fetch(url);
  }

  async #fetch(url: string): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.loading = true;
    try {
      const data = await get<T>(url, abort.signal);
      if (abort !== this.#abort) return;
      this.data = data;
      this.error = null;
    } catch (error) {
      if (abort !== this.#abort) return;
      this.error = error instanceof ApiError ? error : new ApiError(0, 'page', String(error), null);
    }
    this.#abort = null;
    this.loading = false;
    if (this.#again) this.ask(url);
  }
}

/** Loads the address that a function names, anew when it changes and, unless it is a document that stays, when the machine changed. */
export const load = <T>(url: () => string | null, stays = false): Loaded<T> => {
  const loaded = new Loaded<T>();
  let subject: string | null = null;
  $effect(() => {
    const next = url();
    if (!stays) void live.version;
    untrack(() => {
      // Another thing, not another page of it: what was known of the first says nothing of the second.
      const path = next?.split('?', 1)[0] ?? null;
      if (path !== subject) loaded.data = null;
      subject = path;
      loaded.ask(next);
    });
  });
  $effect(() => () => loaded.ask(null));
  return loaded;
};
