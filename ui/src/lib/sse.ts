export interface ServerEvent {
  event: string;
  data: string;
  id: string | null;
  retry: number | null;
}

/** Reads the framing of server-sent events (HTML standard, section 9.2.6) from pieces of any length. */
export class EventReader {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id: string | null = null;
  #retry: number | null = null;

  read(text: string): ServerEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?=.)/s);
    this.#rest = lines.pop() ?? '';
    return lines.map((line) => this.#line(line)).filter((event) => event !== null);
  }

  #line(line: string): ServerEvent | null {
    if (line === '') return this.#finish();
    const colon = line.indexOf(':');
    if (colon === 0) return null;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.#event = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'id') this.#id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.#retry = Number(value);
    return null;
  }

  #finish(): ServerEvent | null {
    const event = { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id, retry: this.#retry };
    const empty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    this.#retry = null;
    return empty ? null : event;
  }
}
