import { ApiError, get, key, post, remove, whenExpired } from './api';
import { live } from './live.svelte';

export interface Session {
  host: string;
  user: { id: number; name: string | null };
  scopes: string[];
  expiresAt: string;
  version: string;
  privileged: boolean;
  store: boolean;
  fleet: boolean;
  features: string[];
}

interface Hello {
  version: string;
  bundle: string;
  login: string[];
  linkCommand: string;
}

const reloaded = 'portolan.reloaded';

class SessionState {
  state = $state<'starting' | 'none' | 'open' | 'unreachable'>('starting');
  info = $state.raw<Session | null>(null);
  error = $state.raw<ApiError | null>(null);
  expired = $state(false);
  password = $state(false);
  /** What makes a link, on the machine of the server. */
  linkCommand = $state('portolan serve --link');
  /** What the person should know though all is well. */
  notice = $state<string | null>(null);

  async start(): Promise<void> {
    whenExpired(() => this.#end());
    live.onRefused = () => this.#end();
    live.onBundle = (hash) => this.#compare(hash);
    this.notice = null;
    const token = new URLSearchParams(location.hash.slice(1)).get('token');
    if (token !== null) history.replaceState(null, '', location.pathname + location.search);
    try {
      const hello = await get<Hello>('/api/hello');
      this.password = hello.login.includes('password');
      this.linkCommand = hello.linkCommand;
      this.#compare(hello.bundle);
      if (token !== null) await this.#follow(token);
      else if (key.get() === null) this.state = 'none';
      else await this.#open();
    } catch (error) {
      this.#refuse(error);
    }
  }

  async logIn(password: string): Promise<void> {
    this.error = null;
    try {
      await this.#exchange({ password });
    } catch (error) {
      this.#refuse(error);
    }
  }

  async logOut(): Promise<void> {
    live.stop();
    await remove('/api/session').catch(() => undefined);
    key.clear();
    this.state = 'none';
  }

  allows(scope: string): boolean {
    return this.info?.scopes.includes(scope) ?? false;
  }

  // A link that was used before, or that another site invented, ends no session that is valid.
  async #follow(token: string): Promise<void> {
    try {
      await this.#exchange({ token });
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      if (!refused || key.get() === null) throw error;
      await this.#open();
      this.notice = 'This link was opened before, or has expired. This browser is logged in already.';
    }
  }

  async #exchange(secret: { token: string } | { password: string }): Promise<void> {
    const answer = await post<{ key: string }>('/api/session', secret);
    key.set(answer.key);
    await this.#open();
  }

  async #open(): Promise<void> {
    this.info = await get<Session>('/api/session');
    this.error = null;
    this.expired = false;
    this.state = 'open';
    live.start();
  }

  #refuse(error: unknown): void {
    this.error = error instanceof ApiError ? error : new ApiError(0, 'page', String(error), null);
    if (this.error.status === 401) this.expired = key.get() !== null;
    if (this.error.status === 401) key.clear();
    this.state = this.error.status === 0 ? 'unreachable' : 'none';
  }

  #end(): void {
    if (this.state !== 'open') return;
    live.stop();
    key.clear();
    this.expired = true;
    this.state = 'none';
  }

  // A page that is older than its server may ask for what is no longer there: once, it loads itself anew.
  #compare(hash: string): void {
    const own = document.querySelector<HTMLMetaElement>('meta[name="portolan-bundle"]')?.content ?? '';
    if (own === '' || hash === '' || own === hash || sessionStorage.getItem(reloaded) === hash) return;
    sessionStorage.setItem(reloaded, hash);
    location.reload();
  }
}

export const session = new SessionState();
