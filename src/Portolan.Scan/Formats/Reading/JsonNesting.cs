namespace Portolan.Scan.Formats.Reading;

/// <summary>Whether an object of JSON goes on in the next line.</summary>
internal struct JsonNesting
{
    private int _depth;
    private bool _isInText;

    /// <summary>An object was begun and has not ended.</summary>
    public readonly bool IsOpen => _depth > 0;

    /// <summary>Reads on.</summary>
    public void Add(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when _isInText:
                    i++;
                    break;
                case '"':
                    _isInText = !_isInText;
                    break;
                case '{' when !_isInText:
                    _depth++;
                    break;
                case '}' when !_isInText:
                    _depth--;
                    break;
            }
        }
    }
}
