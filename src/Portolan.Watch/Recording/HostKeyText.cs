using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>
/// A host as the key that the store holds: its address, or <c>@MACHINE/NAMESPACE</c> for a chart. The namespace is empty for the
/// machine's own.
/// </summary>
public static class HostKeyText
{
    /// <summary>The key.</summary>
    /// <param name="key">The host.</param>
    /// <param name="machine">Of a chart the machine's name.</param>
    public static string TextOf(HostKey key, string? machine) =>
        key.Space is null ? key.Address.ToString() : $"@{(machine ?? "").Replace('/', '_')}/{key.Space}";

    /// <summary>The host of a key.</summary>
    /// <param name="text">The key.</param>
    /// <param name="machine">Of a chart the machine's name.</param>
    public static HostKey Read(string text, out string? machine)
    {
        ArgumentNullException.ThrowIfNull(text);
        machine = null;
        if (!text.StartsWith('@'))
        {
            return InternetAddress.TryParse(text, out var address) ? new HostKey(address, null) : default;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        (machine, var space) = slash < 0 ? (text[1..], "") : (text[1..slash], text[(slash + 1)..]);
        return new HostKey(default, space);
    }
}
