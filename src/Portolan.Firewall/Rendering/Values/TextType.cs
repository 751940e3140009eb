using System.Text.Unicode;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering.Values;

/// <summary>Text in quotes: interface names, names of helpers.</summary>
internal sealed class TextType(string name, uint number, int length) : DataType(name, number, length, isHostOrder: false)
{
    /// <inheritdoc/>
    public override bool CanWrite(ReadOnlySpan<byte> data) => Utf8.IsValid(data) && QuotedText.CanHold(KernelText.Read(data));

    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) => Quote(KernelText.Read(data), isWildcard: false);

    /// <summary>All names that start so: <c>"eth*"</c>.</summary>
    public static string FormatWildcard(ReadOnlySpan<byte> start) => Quote(KernelText.Read(start), isWildcard: true);

    // A star at the end of a name that is meant literally is escaped.
    private static string Quote(string text, bool isWildcard) =>
        QuotedText.Of($"{(!isWildcard && text.EndsWith('*') ? text[..^1] + "\\*" : text)}{(isWildcard ? "*" : "")}");
}
