using System.Globalization;
using System.Text;

namespace Portolan.Lab.Services.Data;

/// <summary>How commands are read: arrays of strings, or lines.</summary>
internal sealed partial class RedisSession
{
    private const int MaxArguments = 1024;
    private const int MaxString = 1 << 20;

    private async Task<(string[]? Words, string? Fault)> ReadAsync(CancellationToken cancellationToken)
    {
        var line = await _talk.ReadLineAsync(cancellationToken);
        if (line.Kind != LineKind.Line)
        {
            return (null, line.Kind == LineKind.End ? null : "too big inline request");
        }

        if (!line.Text.StartsWith('*'))
        {
            return (line.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries), null);
        }

        if (!int.TryParse(line.Text.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count)
            || count > MaxArguments)
        {
            return (null, "invalid multibulk length");
        }

        var words = new string[Math.Max(0, count)];
        for (var i = 0; i < words.Length; i++)
        {
            line = await _talk.ReadLineAsync(cancellationToken);
            if (line.Kind == LineKind.End)
            {
                return (null, null);
            }

            if (!line.Text.StartsWith('$')
                || !int.TryParse(line.Text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length > MaxString)
            {
                return (null, line.Text.StartsWith('$') ? "invalid bulk length" : "expected '$'");
            }

            var bytes = new byte[length + 2];
            if (!await _talk.ReadExactlyAsync(bytes, cancellationToken))
            {
                return (null, null);
            }

            words[i] = Encoding.Latin1.GetString(bytes.AsSpan(0, length));
        }

        return (words, null);
    }
}
