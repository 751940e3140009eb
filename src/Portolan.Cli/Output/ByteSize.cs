using System.Globalization;

namespace Portolan.Cli.Output;

/// <summary>
/// A number of bytes for people: <c>0</c>, <c>999</c>, <c>1.2M</c>, in powers of 1024 as <c>ls -h</c> counts. At most four characters below
/// 1000 PiB.
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
            || bytesWritten == utf8Destination.Length)
        {
            bytesWritten = 0;
            return false;
        }

        utf8Destination[bytesWritten++] = Units[unit];
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
