using System.Buffers;

namespace Portolan.Model.Xml;

/// <summary>Reads XML 1.0 from a stream: elements, attributes and text in UTF-8, checked for well-formedness.</summary>
/// <remarks>
/// Not System.Xml, which adds 5 MB to the shipped program. A document type may be skipped but is never read, so there are no entities
/// but the five of XML and character references, and nothing outside the file is ever opened. Names come without their prefix. Memory
/// is bounded by the limits, however long the file is; the spans it hands out are valid until the next <see cref="Read"/>.
/// </remarks>
public sealed partial class XmlPullReader
{
    private const int MaximumDepth = 64;
    private const int MaximumAttributes = 256;
    private const int MaximumNameLength = 256;
    private const int MaximumPooledNames = 1024;
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(ForbiddenCharacters());

    private readonly XmlCharacters _input;
    private readonly bool _skipsDocumentType;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<string> _open = [];
    private readonly List<(string Name, int Start, int Length)> _attributes = [];
    private readonly CharBuffer _values;
    private bool _hadRoot;
    private bool _hadStart;

    /// <summary>Starts before the first node.</summary>
    /// <param name="stream">The file; stays the caller's.</param>
    /// <param name="skipsDocumentType">A document type without an internal part is skipped; otherwise any is an error.</param>
    /// <param name="maximumValueLength">The most characters of one text, or of the attributes of one tag.</param>
    public XmlPullReader(Stream stream, bool skipsDocumentType = false, int maximumValueLength = 4 * 1024 * 1024)
    {
        _input = new XmlCharacters(stream);
        _skipsDocumentType = skipsDocumentType;
        _values = new CharBuffer(maximumValueLength);
    }

    /// <summary>Behind the end of the root element another document may begin, with its own document type.</summary>
    public bool ReadsSeveralDocuments { get; init; }

    /// <summary>What the reader stands on.</summary>
    public XmlNode Node { get; private set; }

    /// <summary>The element's name without its prefix; empty for text.</summary>
    public string Name { get; private set; } = string.Empty;

    /// <summary>The text; empty for tags.</summary>
    public ReadOnlySpan<char> Value => Node == XmlNode.Text ? _values.Written : default;

    /// <summary>Whether the start tag is the whole element.</summary>
    public bool IsEmpty { get; private set; }

    /// <summary>How many elements are around the node; 0 for the root and its end tag.</summary>
    public int Depth { get; private set; }

    /// <summary>Where the node begins.</summary>
    public XmlPosition Position { get; private set; } = new(1, 1);

    /// <summary>The value of an attribute of the start tag, or <c>null</c>.</summary>
    public string? Attribute(string name) => TryGetAttribute(name, out var value) ? value.ToString() : null;

    /// <summary>The value of an attribute of the start tag.</summary>
    public bool TryGetAttribute(string name, out ReadOnlySpan<char> value)
    {
        foreach (var attribute in _attributes)
        {
            if (attribute.Name == name)
            {
                value = _values.Written.Slice(attribute.Start, attribute.Length);
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>An error at the node.</summary>
    public XmlFormatException Error(string reason) => new(Position, reason);

    /// <summary>Goes to the next node; <c>false</c> at the end of a complete document.</summary>
    /// <exception cref="XmlFormatException">The document is not well-formed, or beyond a limit.</exception>
    public bool Read()
    {
        if (!_hadStart)
        {
            _hadStart = true;
            _input.TryTake('\uFEFF');
        }

        while (!_input.IsAtEnd)
        {
            Position = _input.Position;
            _attributes.Clear();
            _values.Clear();
            if (_input.TryTake('<') ? ReadMarkup() : ReadText())
            {
                return true;
            }
        }

        if (_open.Count > 0)
        {
            throw new XmlFormatException(_input.Position, $"the file ends inside '{_open[^1]}'", isTruncated: true);
        }

        return _hadRoot ? false : throw new XmlFormatException(_input.Position, "the file has no element", isTruncated: true);
    }

    private void SetNode(XmlNode node, string name, int depth) => (Node, Name, Depth, IsEmpty) = (node, name, depth, false);

    /// <summary>An error here. At the end of the file nothing is wrong but that it ends.</summary>
    private XmlFormatException ErrorHere(string reason) => ErrorAt(_input.Position, reason);

    private XmlFormatException ErrorAt(XmlPosition position, string reason) => new(position, reason, _input.IsAtEnd);

    // After '<'. False for what is skipped.
    private bool ReadMarkup()
    {
        if (_input.TryTake('?'))
        {
            SkipInstruction();
            return false;
        }

        if (!_input.TryTake('!'))
        {
            ReadTag();
            return true;
        }

        if (_input.TryTake('-'))
        {
            SkipComment();
            return false;
        }

        if (_open.Count > 0 && _input.TryTake('['))
        {
            ReadCharacterData();
            return true;
        }

        if (_skipsDocumentType && (!_hadRoot || (ReadsSeveralDocuments && _open.Count == 0)) && _input.TryTake("DOCTYPE"))
        {
            SkipDocumentType();
            return false;
        }

        throw ErrorAt(Position, "a document type or declaration, which is not supported");
    }

    // The text up to the next tag. Outside the root only white space may stand, and that is not a node.
    private bool ReadText()
    {
        if (_open.Count == 0)
        {
            SkipSpace();
            return _input.IsAtEnd || _input.IsNext('<')
                ? false
                : throw new XmlFormatException(_input.Position, "text outside the root element");
        }

        ReadValue('<');
        SetNode(XmlNode.Text, string.Empty, _open.Count);
        return true;
    }

    private void ReadTag()
    {
        var isEnd = _input.TryTake('/');
        var name = ReadName();
        if (isEnd)
        {
            SkipSpace();
            Expect('>');
            if (_open.Count == 0 || _open[^1] != name)
            {
                throw new XmlFormatException(
                    Position, _open.Count == 0 ? $"'{name}' ends but never started" : $"'{name}' ends where '{_open[^1]}' is open");
            }

            _open.RemoveAt(_open.Count - 1);
            SetNode(XmlNode.EndElement, Local(name), _open.Count);
            return;
        }

        if (_open.Count == 0 && _hadRoot && !ReadsSeveralDocuments)
        {
            throw new XmlFormatException(Position, "a second root element");
        }

        SetNode(XmlNode.Element, Local(name), _open.Count);
        ReadAttributes();
        IsEmpty = _input.TryTake('/');
        Expect('>');
        _hadRoot = true;
        if (!IsEmpty)
        {
            _open.Add(
                _open.Count < MaximumDepth
                    ? name
                    : throw new XmlFormatException(Position, $"more than {MaximumDepth} elements inside each other"));
        }
    }

    // Stops at '>' or '/'.
    private void ReadAttributes()
    {
        while (true)
        {
            var hadSpace = SkipSpace();
            if (_input.IsAtEnd)
            {
                throw ErrorAt(Position, "an unterminated tag");
            }

            if (_input.IsNext('>') || _input.IsNext('/'))
            {
                return;
            }

            var start = _input.Position;
            var name = ReadName();
            if (!hadSpace || TryGetAttribute(name, out _))
            {
                throw ErrorAt(start, hadSpace ? $"a second attribute '{name}'" : "white space is missing before an attribute");
            }

            if (_attributes.Count >= MaximumAttributes)
            {
                throw new XmlFormatException(start, $"more than {MaximumAttributes} attributes of one element");
            }

            SkipSpace();
            Expect('=');
            SkipSpace();
            ReadAttributeValue(name);
        }
    }

    private void ReadAttributeValue(string name)
    {
        var opening = _input.Position;
        var quote = _input.IsNext('\'') ? '\'' : '"';
        if (!_input.TryTake(quote))
        {
            throw ErrorHere("a quote is missing here");
        }

        var start = _values.Length;
        ReadValue(quote);
        if (!_input.TryTake(quote))
        {
            throw ErrorAt(opening, "unterminated quote");
        }

        _attributes.Add((name, start, _values.Length - start));
    }
}
