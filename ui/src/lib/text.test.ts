import { describe, expect, it } from 'vitest';
import { bytes, command, count, duration, offset, shellWord, visible, visibleStrings } from './text';

describe('visible text', () => {
  it('leaves ordinary text alone, in every script', () => {
    for (const text of ['nginx: master', 'Прокси', '服务', 'خادم', 'naïve 🚀', '']) expect(visible(text)).toBe(text);
  });
  it('writes control characters out', () => {
    expect(visible('a\u001b[31mred\u0007')).toBe('a\\x1b[31mred\\x07');
    expect(visible('one\ntwo\r\tthree\u0000')).toBe('one\\x0atwo\\x0d\\x09three\\x00');
    expect(visible('\u009b2J\u007f')).toBe('\\x9b2J\\x7f');
  });
  it('writes characters out that reorder or hide text', () => {
    expect(visible('\u202egnp.exe')).toBe('\\u{202e}gnp.exe');
    expect(visible('a\u200bb\u2066c\u2069\ufeff')).toBe('a\\u{200b}b\\u{2066}c\\u{2069}\\u{feff}');
    expect(visible('x\u{e0041}\u061c')).toBe('x\\u{e0041}\\u{61c}');
    expect(visible('\ud800x')).toBe('\\u{d800}x');
  });
  it('leaves no control character, whatever stands around it', () => {
    for (let code = 0; code < 0x10000; code++) {
      const text = visible(`a${String.fromCharCode(code)}b`);
      expect(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(text), code.toString(16)).toBe(false);
    }
  });
  it('reaches every string of a document', () => {
    expect(JSON.parse('{"owners":[{"name":"a\\u001bb"}],"port":22}', visibleStrings)).toEqual({ owners: [{ name: 'a\\x1bb' }], port: 22 });
  });
});

describe('commands', () => {
  it('quotes what a shell would read otherwise', () => {
    expect(shellWord('443/tcp')).toBe('443/tcp');
    expect(shellWord("it's $(x)")).toBe(`'it'\\''s $(x)'`);
    expect(command('portolan', 'list', 'state established and (port 443)', false)).toBe("portolan list 'state established and (port 443)'");
  });
});

describe('figures', () => {
  it('groups digits', () => expect(count(65535)).toBe('65,535'));
  it('counts bytes as the command line does', () => {
    expect([0, 1023, 12288, 1536, null].map((value) => bytes(value))).toEqual(['0', '1023', '12Ki', '1.5Ki', '–']);
  });
  it('names the offset of local time', () => expect([0, -60, 210].map(offset)).toEqual(['+00:00', '+01:00', '-03:30']));
  it('tells a duration in two units', () => {
    expect([0, 59, 61, 7200, 90061].map(duration)).toEqual(['0 s', '59 s', '1 min 1 s', '2 h', '1 d 1 h']);
  });
});
