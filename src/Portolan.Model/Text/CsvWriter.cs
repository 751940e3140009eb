using System.Buffers;

namespace Portolan.Model;

/// <summary>Comma-separated values after RFC 4180: CRLF ends a record, a field with a comma, quote or line end is quoted.</summary>
/// <remarks>
/// Text from outside is made visible as on a terminal (a record always stays one line). If it starts with one of
/// <c>= + - @</c>, which a spreadsheet would run as a formula, an apostrophe goes before it; the exact text is in <c>--json</c>.
/// </remarks>
public sealed class CsvWriter(Utf8Writer output)
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("\",\r\n"u8);

    private readonly Utf8Writer _cell = new();
    private bool _inRecord;

    /// <summary>Writes the heading record.</summary>
    public void WriteHeading(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Write(name);
        }

        EndRecord();
    }

    /// <summary>Writes an empty field.</summary>
    public void WriteEmpty() => Separate();

    /// <summary>Writes text of our own.</summary>
    public void Write(ReadOnlySpan<char> text)
    {
        _cell.Clear();
        _cell.Write(text);
        WriteField(_cell.Written);
    }

    /// <summary>Writes a number, an address or another value.</summary>
    public void Write<T>(T value)
        where T : IUtf8SpanFormattable
    {
        Separate();
        output.Write(value);
    }

    /// <summary>Writes text from outside; <c>null</c> is an empty field.</summary>
    public void WriteEscaped(string? text)
    {
        _cell.Clear();
        if (text is ['=' or '+' or '-' or '@', ..])
        {
            _cell.Write('\'');
        }

        _cell.WriteEscaped(text);
        WriteField(_cell.Written);
    }

    /// <summary>Writes text from outside that was made visible already.</summary>
    public void WriteVisible(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty || utf8[0] is not ((byte)'=' or (byte)'+' or (byte)'-' or (byte)'@'))
        {
            WriteField(utf8);
            return;
        }

        _cell.Clear();
        _cell.Write('\'');
        _cell.Write(utf8);
        WriteField(_cell.Written);
    }

    /// <summary>Writes the CR LF of a record (RFC 4180).</summary>
    public void EndRecord()
    {
        output.Write("\r\n"u8);
        _inRecord = false;
    }

    private void WriteField(ReadOnlySpan<byte> field)
    {
        Separate();
        if (!field.ContainsAny(Special))
        {
            output.Write(field);
            return;
        }

        output.Write('"');
        for (var quote = field.IndexOf((byte)'"'); quote >= 0; quote = field.IndexOf((byte)'"'))
        {
            output.Write(field[..(quote + 1)]);
            output.Write('"');
            field = field[(quote + 1)..];
        }

        output.Write(field);
        output.Write('"');
    }

    private void Separate()
    {
        if (_inRecord)
        {
            output.Write(',');
        }

        _inRecord = true;
    }
}
