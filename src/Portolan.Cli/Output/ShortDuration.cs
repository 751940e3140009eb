using System.Globalization;
using System.Text.Unicode;

namespace Portolan.Cli.Output;

/// <summary>
/// A duration for people in its two largest units, without a space: <c>850ms</c>, <c>12s</c>, <c>4m10s</c>, <c>3d4h</c>, <c>2y40d</c>.
/// </summary>
/// <remarks>A negative duration (a clock that was set back) shows as <c>0s</c>.</remarks>
public readonly record struct ShortDuration(TimeSpan Value) : IUtf8SpanFormattable
{
    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        if (Value <= TimeSpan.Zero)
        {
            return "0s"u8.TryCopyTo(utf8Destination) ? Done(2, out bytesWritten) : Done(0, out bytesWritten) && false;
        }

        var culture = CultureInfo.InvariantCulture;
        var days = (long)Value.TotalDays;
        return Value switch
        {
            { TotalSeconds: < 1 } =>
                Utf8.TryWrite(utf8Destination, culture, $"{(int)Math.Ceiling(Value.TotalMilliseconds)}ms", out bytesWritten),
            { TotalMinutes: < 1 } => Utf8.TryWrite(utf8Destination, culture, $"{Value.Seconds}s", out bytesWritten),
            { TotalHours: < 1 } => Utf8.TryWrite(utf8Destination, culture, $"{Value.Minutes}m{Value.Seconds}s", out bytesWritten),
            { TotalDays: < 1 } => Utf8.TryWrite(utf8Destination, culture, $"{Value.Hours}h{Value.Minutes}m", out bytesWritten),
            { TotalDays: < 365 } => Utf8.TryWrite(utf8Destination, culture, $"{days}d{Value.Hours}h", out bytesWritten),
            _ => Utf8.TryWrite(utf8Destination, culture, $"{days / 365}y{days % 365}d", out bytesWritten),
        };
    }

    /// <summary>How long ago: <c>3d4h ago</c>, or <c>just now</c> under a second.</summary>
    public static string Ago(DateTimeOffset time, DateTimeOffset now) =>
        now - time < TimeSpan.FromSeconds(1) ? "just now" : $"{new ShortDuration(now - time)} ago";

    /// <summary>The same text as a string.</summary>
    public override string ToString()
    {
        Span<byte> buffer = stackalloc byte[32];
        TryFormat(buffer, out var written, default, null);
        return System.Text.Encoding.ASCII.GetString(buffer[..written]);
    }

    private static bool Done(int length, out int bytesWritten)
    {
        bytesWritten = length;
        return true;
    }
}
