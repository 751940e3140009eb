using System.Text;

namespace Portolan.Model.Xml;

/// <content>Below elements: names, values, references and what is skipped.</content>
public sealed partial class XmlPullReader
{
    private const int MaximumReferenceLength = 32;

    // Up to a quote or the next tag, with references replaced.
    private void ReadValue(char end)
    {
        var brackets = 0;
        while (true)
        {
            var window = _input.Window;
            var length = window.IndexOfAny('<', '&', end);
            var plain = length < 0 ? window : window[..length];
            if (end == '<')
            {
                RefuseSectionEnd(plain, ref brackets);
            }

            Take(plain);
            if (window.IsEmpty || (length >= 0 && !_input.IsNext('&')))
            {
                return;
            }

            if (length >= 0)
            {
                brackets = 0;
                ReadReference();
            }
        }
    }

    // ']]>' must not stand in text (section 2.4). Brackets are counted because a window may end between them.
    private void RefuseSectionEnd(ReadOnlySpan<char> text, ref int brackets)
    {
        if (brackets == 0 && !text.Contains(']'))
        {
            return;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '>' && brackets >= 2)
            {
                var from = Math.Max(0, i - 2);
                Take(text[..from]);
                throw new XmlFormatException(_input.Position, "']]>' outside a CDATA section");
            }

            brackets = text[i] == ']' ? brackets + 1 : 0;
        }
    }

    // Keeps what is at the front of the window.
    private void Take(ReadOnlySpan<char> plain)
    {
        RefuseControl(plain);
        Keep(plain);
        _input.Advance(plain.Length);
    }

    private void RefuseControl(ReadOnlySpan<char> plain)
    {
        var bad = plain.IndexOfAny(Forbidden);
        if (bad >= 0)
        {
            var character = plain[bad];
            _input.Advance(bad);
            throw new XmlFormatException(_input.Position, $"a control character (0x{(int)character:X2})");
        }
    }

    private void Keep(ReadOnlySpan<char> characters)
    {
        if (!_values.TryAdd(characters))
        {
            throw new XmlFormatException(Position, $"more than {_values.Limit} characters of text or attributes");
        }
    }

    // &lt; and its like (XML 1.0 section 4.6) and character references (4.1).
    private void ReadReference()
    {
        var start = _input.Position;
        _input.Advance(1);
        Span<char> name = stackalloc char[MaximumReferenceLength];
        var length = 0;
        while (_input.Window is [var next, ..] && next != ';' && length < name.Length && (char.IsAsciiLetterOrDigit(next) || next == '#'))
        {
            name[length++] = next;
            _input.Advance(1);
        }

        if (!_input.TryTake(';'))
        {
            throw ErrorAt(start, "a reference not defined by XML");
        }

        switch (name[..length])
        {
            case "lt": Keep("<"); break;
            case "gt": Keep(">"); break;
            case "amp": Keep("&"); break;
            case "quot": Keep("\""); break;
            case "apos": Keep("'"); break;
            case ['#', 'x', .. var digits]: KeepCharacter(digits, 16, start); break;
            case ['#', .. var digits]: KeepCharacter(digits, 10, start); break;
            default: throw new XmlFormatException(start, "a reference not defined by XML");
        }
    }

    private void KeepCharacter(ReadOnlySpan<char> digits, int numberBase, XmlPosition start)
    {
        var value = 0;
        foreach (var digit in digits)
        {
            var number = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : numberBase;
            value = number < numberBase && value <= 0x10FFFF ? (value * numberBase) + number : int.MaxValue / 32;
        }

        if (digits.IsEmpty || !Rune.TryCreate(value, out var rune) || value is (< 0x20 and not ('\t' or '\n' or '\r')) or 0xFFFE or 0xFFFF)
        {
            throw new XmlFormatException(start, "a reference to an invalid character");
        }

        Span<char> characters = stackalloc char[2];
        Keep(characters[..rune.EncodeToUtf16(characters)]);
    }

    private bool SkipSpace()
    {
        var hadSome = false;
        while (_input.Window is [' ' or '\t' or '\r' or '\n', ..])
        {
            hadSome = true;
            var length = _input.Window.IndexOfAnyExcept(" \t\r\n");
            _input.Advance(length < 0 ? _input.Window.Length : length);
        }

        return hadSome;
    }

    private void Expect(char wanted)
    {
        if (!_input.TryTake(wanted))
        {
            throw ErrorHere($"'{wanted}' is missing here");
        }
    }

    private string ReadName()
    {
        var start = _input.Position;
        Span<char> name = stackalloc char[MaximumNameLength];
        var length = 0;
        while (_input.Window is [var next, ..] && (char.IsLetterOrDigit(next) || next is '_' or ':' || (length > 0 && next is '-' or '.')))
        {
            if (length == name.Length)
            {
                throw new XmlFormatException(start, $"a name of more than {MaximumNameLength} characters");
            }

            name[length++] = next;
            _input.Advance(1);
        }

        return length > 0 && !char.IsDigit(name[0]) ? Pooled(name[..length]) : throw ErrorAt(start, "a name is missing here");
    }

    // A file has few names; a hostile one may have many.
    private string Pooled(ReadOnlySpan<char> name)
    {
        var pool = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!pool.TryGetValue(name, out var pooled))
        {
            pooled = name.ToString();
            if (_names.Count < MaximumPooledNames)
            {
                _names.Add(pooled);
            }
        }

        return pooled;
    }

    private static string Local(string name) => name.Contains(':') ? name[(name.LastIndexOf(':') + 1)..] : name;

    // After '<?'. A declaration may say only what is so: UTF-8, or a part of it.
    private void SkipInstruction()
    {
        var isDeclaration = !_hadRoot && Position.Line == 1 && Position.Column == 1;
        var wasAfterQuestion = false;
        while (!(wasAfterQuestion && _input.IsNext('>')))
        {
            if (_input.IsAtEnd)
            {
                throw ErrorAt(Position, "an unterminated processing instruction");
            }

            if (isDeclaration && _input.IsNext('e'))
            {
                CheckEncoding();
                wasAfterQuestion = false;
                continue;
            }

            wasAfterQuestion = _input.IsNext('?');
            _input.Advance(1);
        }

        _input.Advance(1);
    }

    private void CheckEncoding()
    {
        var start = _input.Position;
        if (!_input.TryTake("encoding"))
        {
            // It took at least the 'e' that stood there, or something else that begins with it.
            return;
        }

        SkipSpace();
        if (!_input.TryTake('='))
        {
            return;
        }

        SkipSpace();
        if (!_input.TryTake('"') && !_input.TryTake('\''))
        {
            return;
        }

        Span<char> encoding = stackalloc char[16];
        var length = 0;
        while (_input.Window is [not ('"' or '\'') and var next, ..] && length < encoding.Length)
        {
            encoding[length++] = next;
            _input.Advance(1);
        }

        if (!encoding[..length].Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            && !encoding[..length].Equals("us-ascii", StringComparison.OrdinalIgnoreCase))
        {
            throw ErrorAt(start, "the file declares an encoding other than UTF-8");
        }
    }

    // After '<!-'.
    private void SkipComment()
    {
        var isComment = _input.TryTake('-');
        for (var dashes = 0; isComment && dashes < 2 && !_input.IsAtEnd;)
        {
            var window = _input.Window;
            var length = dashes > 0 ? 0 : Math.Max(0, window.IndexOf('-') is var at && at < 0 ? window.Length : at);
            RefuseControl(window[..length]);
            _input.Advance(length);
            if (length > 0)
            {
                continue;
            }

            RefuseControl(window[..1]);
            dashes = _input.IsNext('-') ? dashes + 1 : 0;
            _input.Advance(1);
        }

        if (!isComment || !_input.TryTake('>'))
        {
            throw ErrorAt(Position, "an unterminated comment, or one that contains '--'");
        }
    }

    // After '<!['.
    private void ReadCharacterData()
    {
        var isSection = _input.TryTake("CDATA[");
        var brackets = 0;
        while (isSection && !(brackets >= 2 && _input.IsNext('>')))
        {
            var window = _input.Window;
            if (window.IsEmpty)
            {
                isSection = false;
                break;
            }

            var length = window.IndexOfAny(']', '>');
            if (length != 0)
            {
                brackets = 0;
                Take(length < 0 ? window : window[..length]);
                continue;
            }

            brackets = _input.IsNext(']') ? brackets + 1 : 0;
            Take(window[..1]);
        }

        if (!isSection)
        {
            throw ErrorAt(Position, "an unterminated CDATA section");
        }

        _input.Advance(1);
        _values.RemoveLast(2);
        SetNode(XmlNode.Text, string.Empty, _open.Count);
    }

    // After '<!DOCTYPE'. Where its declarations lie is skipped, what they would be is refused.
    private void SkipDocumentType()
    {
        var quote = '\0';
        while (_input.Window is [var next, ..])
        {
            if (quote == '\0' && next == '[')
            {
                break;
            }

            _input.Advance(1);
            if (quote == '\0' && next == '>')
            {
                return;
            }

            quote = next == quote ? '\0' : quote == '\0' && next is '"' or '\'' ? next : quote;
        }

        throw ErrorAt(Position, "a document type or declaration, which is not supported");
    }

    private static string ForbiddenCharacters()
    {
        var forbidden = new StringBuilder("\uFFFE\uFFFF");
        for (var character = '\0'; character < ' '; character++)
        {
            _ = character is '\t' or '\n' or '\r' ? forbidden : forbidden.Append(character);
        }

        return forbidden.ToString();
    }
}
