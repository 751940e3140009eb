import { visibleStrings } from './text';

/** What the server refused, in its own words: the code is for programs, message and hint are for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | null,
  ) {
    super(message);
  }
}

const storedKey = 'portolan.key';

// The key is bound to the origin with its port, which cookies are not.
export const key = {
  get: (): string | null => localStorage.getItem(storedKey),
  set: (value: string): void => localStorage.setItem(storedKey, value),
  clear: (): void => localStorage.removeItem(storedKey),
};

let onExpired = (): void => undefined;

/** Names what to do when the server no longer knows this session. */
export const whenExpired = (action: () => void): void => {
  onExpired = action;
};

const refusal = (status: number, document: unknown): ApiError => {
  const error = (document as { error?: { code?: string; message?: string; hint?: string | null } } | null)?.error;
  return new ApiError(status, error?.code ?? 'http', error?.message ?? `The server answered ${status}.`, error?.hint ?? null);
};

const parse = (text: string, status: number): unknown => {
  try {
    return text === '' ? null : JSON.parse(text, visibleStrings);
  } catch {
    throw new ApiError(status, 'not-json', 'The answer of the server is not JSON.', null);
  }
};

const send = async (path: string, init: RequestInit): Promise<{ document: unknown; tag: string | null }> => {
  const headers = new Headers(init.headers);
  const value = key.get();
  if (value !== null) headers.set('X-Portolan-Key', value);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers, credentials: 'same-origin', cache: 'no-store' });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, 'no-connection', 'The server does not answer.', 'Start it again: portolan serve');
  }
  const text = await response.text();
  const document = parse(text, response.status);
  if (response.ok) return { document, tag: response.headers.get('ETag') };
  const error = refusal(response.status, document);
  if (response.status === 401 && path !== '/api/session') onExpired();
  throw error;
};

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await send(path, { signal: signal ?? null })).document as T;

const sendBody = (path: string, body: unknown, headers: Record<string, string>): Promise<{ document: unknown; tag: string | null }> =>
  send(path, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });

export const post = async <T>(path: string, body: unknown): Promise<T> => (await sendBody(path, body, {})).document as T;

/** Asks for a plan, or carries out the plan with a tag: the server refuses where it would do something else by now. */
export const postPlan = async <T>(path: string, body: unknown, tag: string | null): Promise<{ answer: T; tag: string | null }> => {
  const { document, tag: next } = await sendBody(path, body, tag === null ? {} : { 'If-Match': tag });
  return { answer: document as T, tag: next };
};

export const remove = async (path: string): Promise<void> => {
  await send(path, { method: 'DELETE' });
};

/** A path with its parameters; those that are empty are left out. */
export const address = (path: string, parameters: Record<string, string | number | null | undefined>): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== '') query.set(name, String(value));
  }
  return query.size > 0 ? `${path}?${query}` : path;
};

/** Downloads an export: a ticket stands for the key, which a link cannot send. */
export const download = async (path: string): Promise<void> => {
  const { url } = await post<{ url: string }>('/api/tickets', { path });
  const target = new URL(url, location.origin);
  if (target.origin === location.origin) location.assign(target);
};
