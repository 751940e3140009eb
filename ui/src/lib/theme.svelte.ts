export type Theme = 'system' | 'light' | 'dark';

const stored = 'portolan.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

class ThemeState {
  choice = $state<Theme>('system');
  /** Changes with what is shown, so that pictures draw themselves anew. */
  shown = $state<'light' | 'dark'>('light');

  constructor() {
    const value = localStorage.getItem(stored);
    this.set(value === 'light' || value === 'dark' ? value : 'system');
    dark.addEventListener('change', () => this.#apply());
  }

  set(choice: Theme): void {
    this.choice = choice;
    if (choice === 'system') localStorage.removeItem(stored);
    else localStorage.setItem(stored, choice);
    this.#apply();
  }

  #apply(): void {
    document.documentElement.dataset['theme'] = this.choice;
    this.shown = this.choice === 'system' ? (dark.matches ? 'dark' : 'light') : this.choice;
  }
}

export const theme = new ThemeState();
