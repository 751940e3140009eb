// Words from outside (process names, banners, rules) may hold control and bidirectional characters, which would hide or reorder what stands
// beside them. They are made visible, and remain text.

// The same characters as the command line's (TerminalText): controls, the bidirectional controls of UAX #9, separators of lines and
// paragraphs, format characters that fake an equal name, language tags, lone surrogates.
const invisible = new RegExp(
  '[\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060\\u2066-\\u2069\\ufeff' +
    '\\u{e0000}-\\u{e007f}]|\\p{Surrogate}',
  'gu',
);

const escape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
};

/** The text with its invisible characters written out: `\x1b`, `\u{202e}`. */
export const visible = (text: string): string => text.replace(invisible, escape);

/** A reviver for JSON.parse: no string of a document reaches the page unseen. */
export const visibleStrings = (_: string, value: unknown): unknown => (typeof value === 'string' ? visible(value) : value);

/** One word of a POSIX shell's command line. */
export const shellWord = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

export const command = (...words: (string | null | undefined | false)[]): string =>
  words.filter((word): word is string => typeof word === 'string' && word !== '').map(shellWord).join(' ');

/** A count with its digits in groups: 65,535. */
export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : value.toLocaleString('en-US');

const prefixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];

/** Bytes with binary prefixes, as the chart of the command line has them: 12Ki is 12,288. */
export const bytes = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return '–';
  let scaled = value;
  let power = 0;
  while (scaled >= 1024 && power < prefixes.length - 1) {
    scaled /= 1024;
    power++;
  }
  return `${power > 0 && scaled < 10 ? scaled.toFixed(1) : Math.floor(scaled)}${prefixes[power] ?? ''}`;
};

export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

const two = (value: number): string => String(value).padStart(2, '0');

/** The offset from UTC that minutes (as Date.getTimezoneOffset counts them) stand for: +01:00. */
export const offset = (minutes: number): string =>
  `${minutes > 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;

/** Local time with its offset: 2026-11-25 06:46:03 +01:00. */
export const time = (value: string | number | null | undefined): string => {
  if (value === null || value === undefined) return '–';
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return String(value);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clock(date)} ${offset(date.getTimezoneOffset())}`;
};

export const clock = (date: Date): string => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

/** A length of time in its largest unit and the next: 3 d 4 h. */
export const duration = (seconds: number): string => {
  const units: [string, number][] = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const first = units.findIndex(([, length]) => seconds >= length);
  if (first < 0) return '0 s';
  const parts: string[] = [];
  let rest = Math.floor(seconds);
  for (const [name, length] of units.slice(first, first + 2)) {
    const whole = Math.floor(rest / length);
    rest -= whole * length;
    if (whole > 0) parts.push(`${whole} ${name}`);
  }
  return parts.join(' ');
};
