// The worker that all tabs of this browser share: one stream of events for all of them, open while one of them is visible.
import { EventStream, type LiveMessage } from './lib/stream';

export type TabMessage = { type: 'visible'; key: string } | { type: 'hidden' } | { type: 'gone' };

const scope = self as unknown as SharedWorkerGlobalScope;
const visible = new Map<MessagePort, boolean>();
let last: LiveMessage | null = null;

const stream = new EventStream((message) => {
  if (message.type === 'status') last = message;
  for (const [port, shown] of visible) if (shown) port.postMessage(message);
});

const take = (port: MessagePort, message: TabMessage): void => {
  if (message.type === 'gone') visible.delete(port);
  else visible.set(port, message.type === 'visible');
  if (message.type === 'visible') {
    if (last !== null) port.postMessage(last);
    stream.start(message.key);
  } else if (![...visible.values()].includes(true)) {
    last = null;
    stream.stop();
  }
};

scope.onconnect = (event) => {
  const port = event.ports[0];
  if (port === undefined) return;
  visible.set(port, false);
  port.onmessage = (message: MessageEvent<TabMessage>) => take(port, message.data);
};
