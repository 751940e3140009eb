using System.Text;

namespace Portolan.Model.Registry;

/// <summary>What an <see cref="XmlPullReader"/> stands on.</summary>
internal enum XmlNode
{
    /// <summary>Before the first node.</summary>
    None,

    /// <summary>A start tag, or an empty element's only tag.</summary>
    Element,

    /// <summary>An end tag; an empty element has none.</summary>
    EndElement,

    /// <summary>Text, with references replaced; also a CDATA section.</summary>
    Text,
}

/// <summary>Reads the XML that IANA publishes: elements, attributes and text in UTF-8, checked for well-formedness (XML 1.0).</summary>
/// <remarks>
/// Not System.Xml, which adds 5 MB to the shipped program for the sake of one command. Document types are refused, so there are no
/// entities but the five of XML and character references, and nothing outside the file is ever read. Names come without their prefix.
/// </remarks>
internal sealed class XmlPullReader
{
    private const int MaximumDepth = 64;
    private readonly string _text;
    private readonly List<string> _open = [];
    private readonly List<(string Name, string Value)> _attributes = [];
    private int _position;
    private bool _hadRoot;

    /// <summary>Starts before the first node.</summary>
    /// <exception cref="RegistryFormatException">The file is not UTF-8, or says that it is not.</exception>
    public XmlPullReader(byte[] file)
    {
        RegistryFormatException.ThrowUnlessUtf8(file);
        _text = Encoding.UTF8.GetString(file);
        _position = _text.StartsWith('\uFEFF') ? 1 : 0;
        if (StartsWith("<?xml ") || StartsWith("<?xml\t") || StartsWith("<?xml\n") || StartsWith("<?xml\r"))
        {
            SkipDeclaration();
        }
    }

    /// <summary>What the reader stands on.</summary>
    public XmlNode Node { get; private set; }

    /// <summary>The element's name without its prefix; empty for text.</summary>
    public string Name { get; private set; } = string.Empty;

    /// <summary>The text; empty for tags.</summary>
    public string Value { get; private set; } = string.Empty;

    /// <summary>Whether the start tag is the whole element.</summary>
    public bool IsEmpty { get; private set; }

    /// <summary>How many elements are around the node; 0 for the root and its end tag.</summary>
    public int Depth { get; private set; }

    /// <summary>Where the node begins: an index for <see cref="ErrorAt"/>.</summary>
    public int Offset { get; private set; }

    /// <summary>The value of an attribute of the start tag, or <c>null</c>.</summary>
    public string? Attribute(string name)
    {
        foreach (var attribute in _attributes)
        {
            if (attribute.Name == name)
            {
                return attribute.Value;
            }
        }

        return null;
    }

    /// <summary>Goes to the next node; <c>false</c> at the end of a complete document.</summary>
    /// <exception cref="RegistryFormatException">The document is not well-formed.</exception>
    public bool Read()
    {
        while (_position < _text.Length)
        {
            Offset = _position;
            if (_text[_position] != '<')
            {
                if (ReadText())
                {
                    return true;
                }
            }
            else if (StartsWith("<!--"))
            {
                SkipComment();
            }
            else if (StartsWith("<?"))
            {
                SkipTo("?>", "a processing instruction");
            }
            else if (StartsWith("<![CDATA[") && _open.Count > 0)
            {
                var start = _position + 9;
                SkipTo("]]>", "a CDATA section");
                RefuseControl(start, _position - 3);
                SetNode(XmlNode.Text, string.Empty, _text[start..(_position - 3)], _open.Count);
                return true;
            }
            else if (StartsWith("<!"))
            {
                throw ErrorAt(_position, "a document type or declaration, which is not read here");
            }
            else
            {
                ReadTag();
                return true;
            }
        }

        if (_open.Count > 0)
        {
            throw ErrorAt(_position, $"the file ends inside '{_open[^1]}'");
        }

        return _hadRoot ? false : throw ErrorAt(_position, "the file has no element");
    }

    /// <summary>An error at a place in the file.</summary>
    public RegistryFormatException ErrorAt(int offset, string reason)
    {
        var before = _text.AsSpan(0, Math.Min(offset, _text.Length));
        var lineStart = before.LastIndexOf('\n') + 1;
        var column = 1;
        foreach (var character in before[lineStart..])
        {
            // The second half of a surrogate pair and a byte order mark are no characters of their own.
            column += char.IsLowSurrogate(character) || character == '\uFEFF' ? 0 : 1;
        }

        return new RegistryFormatException(before.Count('\n') + 1, column, reason);
    }

    private bool StartsWith(string what) => _text.AsSpan(_position).StartsWith(what, StringComparison.Ordinal);

    private void SetNode(XmlNode node, string name, string value, int depth)
    {
        (Node, Name, Value, Depth, IsEmpty) = (node, name, value, depth, false);
        _attributes.Clear();
    }

    private void SkipDeclaration()
    {
        var start = _position;
        SkipTo("?>", "the XML declaration");
        var declaration = _text[start.._position];
        var encoding = declaration.IndexOf("encoding", StringComparison.Ordinal);
        if (encoding >= 0
            && !declaration.AsSpan(encoding).Contains("utf-8", StringComparison.OrdinalIgnoreCase)
            && !declaration.AsSpan(encoding).Contains("us-ascii", StringComparison.OrdinalIgnoreCase))
        {
            throw ErrorAt(start + encoding, "the file says that it is not UTF-8");
        }
    }

    private void SkipTo(string end, string what)
    {
        var length = _text.AsSpan(_position).IndexOf(end, StringComparison.Ordinal);
        if (length < 0)
        {
            throw ErrorAt(_position, $"{what} that never ends");
        }

        _position += length + end.Length;
    }

    private void SkipComment()
    {
        var start = _position;
        _position += 4;
        SkipTo("--", "a comment");
        if (_position >= _text.Length || _text[_position] != '>')
        {
            throw ErrorAt(start, "a comment that never ends, or has '--' in it");
        }

        _position++;
    }

    // The text up to the next tag. Outside the root only white space may stand, and that is no node.
    private bool ReadText()
    {
        var start = _position;
        var length = _text.AsSpan(start).IndexOf('<');
        _position = length < 0 ? _text.Length : start + length;
        if (_open.Count == 0)
        {
            var stray = _text.AsSpan(start, _position - start).IndexOfAnyExcept(" \t\r\n");
            return stray < 0 ? false : throw ErrorAt(start + stray, "text outside the root element");
        }

        var end = _text.AsSpan(start, _position - start).IndexOf("]]>", StringComparison.Ordinal);
        if (end >= 0)
        {
            throw ErrorAt(start + end, "']]>' outside a CDATA section");
        }

        SetNode(XmlNode.Text, string.Empty, Resolve(start, _position), _open.Count);
        return true;
    }

    private void ReadTag()
    {
        var start = _position++;
        var isEnd = _position < _text.Length && _text[_position] == '/';
        _position += isEnd ? 1 : 0;
        var name = ReadName();
        if (isEnd)
        {
            SkipSpace();
            Expect('>');
            if (_open.Count == 0 || _open[^1] != name)
            {
                throw ErrorAt(start, _open.Count == 0 ? $"'{name}' ends and never began" : $"'{name}' ends where '{_open[^1]}' is open");
            }

            _open.RemoveAt(_open.Count - 1);
            SetNode(XmlNode.EndElement, Local(name), string.Empty, _open.Count);
            return;
        }

        if (_open.Count == 0 && _hadRoot)
        {
            throw ErrorAt(start, "a second root element");
        }

        SetNode(XmlNode.Element, Local(name), string.Empty, _open.Count);
        ReadAttributes();
        IsEmpty = _text[_position] == '/';
        _position += IsEmpty ? 1 : 0;
        Expect('>');
        _hadRoot = true;
        if (!IsEmpty)
        {
            if (_open.Count >= MaximumDepth)
            {
                throw ErrorAt(start, $"more than {MaximumDepth} elements inside each other");
            }

            _open.Add(name);
        }
    }

    // Stops at '>' or '/'.
    private void ReadAttributes()
    {
        while (true)
        {
            var hadSpace = SkipSpace();
            if (_position >= _text.Length)
            {
                throw ErrorAt(Offset, "a tag that never ends");
            }

            if (_text[_position] is '>' or '/')
            {
                return;
            }

            var start = _position;
            var name = ReadName();
            if (!hadSpace || Attribute(name) is not null)
            {
                throw ErrorAt(start, hadSpace ? $"a second attribute '{name}'" : "white space is missing before an attribute");
            }

            SkipSpace();
            Expect('=');
            SkipSpace();
            var quote = _position < _text.Length ? _text[_position] : '\0';
            if (quote is not ('"' or '\''))
            {
                throw ErrorAt(_position, "a quote is missing here");
            }

            var length = _text.AsSpan(_position + 1).IndexOfAny(quote, '<');
            if (length < 0 || _text[_position + 1 + length] == '<')
            {
                throw ErrorAt(_position, "the quote that opens here never closes");
            }

            _attributes.Add((name, Resolve(_position + 1, _position + 1 + length)));
            _position += length + 2;
        }
    }

    private bool SkipSpace()
    {
        var start = _position;
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\r' or '\n')
        {
            _position++;
        }

        return _position > start;
    }

    private void Expect(char wanted)
    {
        if (_position >= _text.Length || _text[_position] != wanted)
        {
            throw ErrorAt(_position, $"'{wanted}' is missing here");
        }

        _position++;
    }

    private string ReadName()
    {
        var start = _position;
        while (_position < _text.Length
            && (char.IsLetterOrDigit(_text[_position]) || _text[_position] is '_' or ':' || (_position > start && _text[_position] is '-' or '.')))
        {
            _position++;
        }

        return _position > start && !char.IsDigit(_text[start]) ? _text[start.._position] : throw ErrorAt(start, "a name is missing here");
    }

    private static string Local(string name) => name[(name.LastIndexOf(':') + 1)..];

    // Replaces &lt; and its like (XML 1.0 section 4.6) and character references (4.1).
    private string Resolve(int start, int end)
    {
        RefuseControl(start, end);
        var raw = _text.AsSpan(start, end - start);
        var ampersand = raw.IndexOf('&');
        if (ampersand < 0)
        {
            return raw.ToString();
        }

        var result = new StringBuilder(raw.Length);
        for (; ampersand >= 0; ampersand = raw.IndexOf('&'))
        {
            result.Append(raw[..ampersand]);
            var at = end - raw.Length + ampersand;
            raw = raw[(ampersand + 1)..];
            var semicolon = raw.IndexOf(';');
            result.Append((semicolon < 0 ? default : raw[..semicolon]) switch
            {
                "lt" => "<",
                "gt" => ">",
                "amp" => "&",
                "quot" => "\"",
                "apos" => "'",
                ['#', 'x', .. var digits] => Character(digits, 16, at),
                ['#', .. var digits] => Character(digits, 10, at),
                _ => throw ErrorAt(at, "a reference that XML does not define"),
            });
            raw = raw[(semicolon + 1)..];
        }

        return result.Append(raw).ToString();
    }

    private string Character(ReadOnlySpan<char> digits, int numberBase, int at)
    {
        var value = 0;
        foreach (var digit in digits)
        {
            var number = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : numberBase;
            value = number < numberBase && value <= 0x10FFFF ? (value * numberBase) + number : int.MaxValue / 32;
        }

        return digits.Length > 0 && Rune.TryCreate(value, out var rune) && (value >= 0x20 || value is '\t' or '\n' or '\r')
            ? rune.ToString()
            : throw ErrorAt(at, "a reference to no character");
    }

    private void RefuseControl(int start, int end)
    {
        var text = _text.AsSpan(start, end - start);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is (< ' ' and not ('\t' or '\n' or '\r')) or '\u007F' or '\uFFFE' or '\uFFFF')
            {
                throw ErrorAt(start + i, $"a control character (0x{(int)text[i]:X2})");
            }
        }
    }
}
