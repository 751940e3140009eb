// The state of every view stands in the address: a link shows to others what it shows here.

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  readonly query = $derived(new URLSearchParams(this.search));

  constructor() {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  get(name: string): string {
    return this.query.get(name) ?? '';
  }

  go(target: string, replace = false): void {
    history[replace ? 'replaceState' : 'pushState'](null, '', target);
    this.#read();
  }

  /** The address of this view with some parameters changed; an empty value removes one. */
  with(changes: Record<string, string | number>): string {
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- of this call alone
    const query = new URLSearchParams(this.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === '') query.delete(name);
      else query.set(name, String(value));
    }
    return query.size > 0 ? `${this.path}?${query}` : this.path;
  }

  set(changes: Record<string, string | number>, replace = false): void {
    this.go(this.with(changes), replace);
  }

  #read(): void {
    const moved = this.path !== location.pathname;
    this.path = location.pathname;
    this.search = location.search;
    if (moved) {
      scrollTo(0, 0);
      requestAnimationFrame(() => document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true }));
    }
  }

  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    const target = link?.getAttribute('href');
    if (!target?.startsWith('/') || target.startsWith('//') || target.startsWith('/api/')) return;
    event.preventDefault();
    this.go(target);
  }
}

export const router = new Router();
