using System.Globalization;

namespace Portolan.Cli.Output;

/// <summary>
/// A number of bytes for people: <c>0</c>, <c>999</c>, <c>1.2Mi</c>, with the binary prefixes of IEC 80000-13 as
/// <c>numfmt --to=iec-i</c> writes them. At most five characters below 1000 PiB. In a sentence a <c>B</c> follows.
/// </summary>
public readonly record struct ByteSize(ulong Bytes) : IUtf8SpanFormattable
{
    private static ReadOnlySpan<byte> Units => "KMGTPE"u8;

    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        if (Bytes < 1000)
        {
            return Bytes.TryFormat(utf8Destination, out bytesWritten, default, CultureInfo.InvariantCulture);
        }

        var unit = 0;
        var value = Bytes / 1024.0;
        while (value >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var digits = value < 9.95 ? "0.0" : "0";
        if (!value.TryFormat(utf8Destination, out bytesWritten, digits, CultureInfo.InvariantCulture)
            || bytesWritten + 2 > utf8Destination.Length)
        {
            bytesWritten = 0;
            return false;
        }

        utf8Destination[bytesWritten++] = Units[unit];
        utf8Destination[bytesWritten++] = (byte)'i';
        return true;
    }

    /// <summary>The same text as a string.</summary>
    public override string ToString()
    {
        Span<byte> buffer = stackalloc byte[24];
        TryFormat(buffer, out var written, default, null);
        return System.Text.Encoding.ASCII.GetString(buffer[..written]);
    }
}
