using System.Text;

namespace Portolan.Model.Registry;

/// <summary>Reads rows of comma-separated fields, which may be quoted and then hold commas and line breaks (RFC 4180).</summary>
/// <remarks>Strict: a stray quote, a quote that never closes, a control character or bytes that are not UTF-8 end the reading.</remarks>
internal sealed class CsvReader
{
    private readonly byte[] _file;
    private readonly List<string> _fields = [];
    private readonly List<int> _offsets = [];
    private readonly StringBuilder _field = new();
    private int _position;

    /// <summary>Starts at the first row, after a byte order mark.</summary>
    /// <exception cref="RegistryFormatException">The file is not UTF-8.</exception>
    public CsvReader(byte[] file)
    {
        _file = file;
        RegistryFormatException.ThrowUnlessUtf8(file);
        _position = file.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
    }

    /// <summary>The fields of the row that <see cref="ReadRow"/> read.</summary>
    public IReadOnlyList<string> Fields => _fields;

    /// <summary>Reads the next row; <c>false</c> at the end. Empty lines at the end of the file are no rows.</summary>
    /// <exception cref="RegistryFormatException">The row is damaged.</exception>
    public bool ReadRow()
    {
        _fields.Clear();
        _offsets.Clear();
        if (!_file.AsSpan(_position).ContainsAnyExcept((byte)'\r', (byte)'\n'))
        {
            return false;
        }

        do
        {
            _offsets.Add(_position);
            _fields.Add(_position < _file.Length && _file[_position] == '"' ? QuotedField() : BareField());
        }
        while (TakesComma());
        return true;
    }

    /// <summary>An error at a field of the current row.</summary>
    public RegistryFormatException ErrorAt(int field, string reason) => Error(_offsets[Math.Min(field, _offsets.Count - 1)], reason);

    private string BareField()
    {
        var start = _position;
        while (_position < _file.Length && _file[_position] is not ((byte)',' or (byte)'\n' or (byte)'\r'))
        {
            if (_file[_position] == '"')
            {
                throw Error(_position, "a quote inside an unquoted field");
            }

            RefuseControl(_file[_position]);
            _position++;
        }

        return Encoding.UTF8.GetString(_file, start, _position - start);
    }

    private string QuotedField()
    {
        var open = _position++;
        _field.Clear();
        while (true)
        {
            var rest = _file.AsSpan(_position);
            var quote = rest.IndexOf((byte)'"');
            if (quote < 0)
            {
                throw Error(open, "unterminated quote");
            }

            foreach (var value in rest[..quote])
            {
                if (value is not ((byte)'\n' or (byte)'\r'))
                {
                    RefuseControl(value);
                }

                _position++;
            }

            _field.Append(Encoding.UTF8.GetString(rest[..quote]));
            _position++;
            if (_position >= _file.Length || _file[_position] != '"')
            {
                return _field.ToString();
            }

            // Two quotes inside quotes are one.
            _field.Append('"');
            _position++;
        }
    }

    // After a field: a comma and another field, or the end of the row.
    private bool TakesComma()
    {
        if (_position >= _file.Length)
        {
            return false;
        }

        switch (_file[_position])
        {
            case (byte)',':
                _position++;
                return true;
            case (byte)'\n':
                _position++;
                return false;
            case (byte)'\r' when _position + 1 < _file.Length && _file[_position + 1] == '\n':
                _position += 2;
                return false;
            case (byte)'\r':
                throw Error(_position, "a carriage return without a line feed");
            default:
                throw Error(_position, "text after a closing quote");
        }
    }

    private void RefuseControl(byte value)
    {
        if (value is (< 0x20 and not (byte)'\t') or 0x7F)
        {
            throw Error(_position, $"a control character (0x{value:X2})");
        }
    }

    private RegistryFormatException Error(int offset, string reason) => RegistryFormatException.AtByte(_file, offset, reason);
}
