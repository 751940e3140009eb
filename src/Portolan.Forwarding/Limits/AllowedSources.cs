namespace Portolan.Forwarding.Limits;

/// <summary>Who may connect: every source, or those in some networks.</summary>
/// <param name="prefixes">The networks; none of them for every source.</param>
internal sealed class AllowedSources(IReadOnlyList<AddressPrefix> prefixes)
{
    private readonly AddressPrefix[] _prefixes = [.. prefixes];

    /// <summary>Whether there is anything to ask.</summary>
    public bool IsLimited => _prefixes.Length > 0;

    /// <summary>Whether the source may connect; IPv4 in IPv6 counts as IPv4.</summary>
    public bool Allows(InternetAddress source)
    {
        if (_prefixes.Length == 0)
        {
            return true;
        }

        source = source.Unmap();
        foreach (var prefix in _prefixes)
        {
            if (prefix.Contains(source))
            {
                return true;
            }
        }

        return false;
    }
}
