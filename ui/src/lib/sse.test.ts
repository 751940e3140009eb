import { describe, expect, it } from 'vitest';
import { EventReader } from './sse';

const stream = ': keep-alive\n\nid: 7\nevent: chart\ndata: {"a":\ndata: 1}\n\nretry: 500\r\ndata:x\r\n\r\nevent: none\n\n';
const expected = [
  { event: 'chart', data: '{"a":\n1}', id: '7', retry: null },
  { event: 'message', data: 'x', id: '7', retry: 500 },
];

describe('server-sent events', () => {
  it('are read whole', () => expect(new EventReader().read(stream)).toEqual(expected));
  it('are the same wherever the stream is cut', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = new EventReader();
      expect([...reader.read(stream.slice(0, cut)), ...reader.read(stream.slice(cut))], `cut at ${cut}`).toEqual(expected);
    }
    const reader = new EventReader();
    expect([...stream].flatMap((character) => reader.read(character))).toEqual(expected);
  });
});
