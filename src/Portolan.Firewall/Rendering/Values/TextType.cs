using System.Text;

namespace Portolan.Firewall.Rendering.Values;

/// <summary>Text in quotes: interface names, names of helpers.</summary>
internal sealed class TextType(string name, uint number, int length) : DataType(name, number, length, isHostOrder: false)
{
    /// <inheritdoc/>
    public override bool CanWrite(ReadOnlySpan<byte> data) => QuotedText.CanHold(Text(data));

    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) => Quote(Text(data), isWildcard: false);

    /// <summary>All names that start so: <c>"eth*"</c>.</summary>
    public static string FormatWildcard(ReadOnlySpan<byte> start) => Quote(Encoding.UTF8.GetString(start), isWildcard: true);

    private static string Text(ReadOnlySpan<byte> data)
    {
        var end = data.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? data : data[..end]);
    }

    // A star at the end of a name that is meant literally is escaped.
    private static string Quote(string text, bool isWildcard) =>
        QuotedText.Of($"{(!isWildcard && text.EndsWith('*') ? text[..^1] + "\\*" : text)}{(isWildcard ? "*" : "")}");
}
