namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>The words for protocols and families.</summary>
internal static class KindWords
{
    private const int ProtocolCount = (int)SocketProtocol.Packet + 1;

    private static readonly (string Word, SocketFamilies Family)[] Families =
    [
        ("ipv4", SocketFamilies.IPv4), ("inet", SocketFamilies.IPv4), ("ip4", SocketFamilies.IPv4),
        ("ipv6", SocketFamilies.IPv6), ("inet6", SocketFamilies.IPv6), ("ip6", SocketFamilies.IPv6),
        ("unix", SocketFamilies.Unix),
        ("packet", SocketFamilies.Packet), ("link", SocketFamilies.Packet),
    ];

    /// <summary>Names of protocols, for suggestions.</summary>
    public static IEnumerable<string> ProtocolWords => Enumerable.Range(0, ProtocolCount).Select(static i => ((SocketProtocol)i).Name());

    /// <summary>Names of families, for suggestions.</summary>
    public static IEnumerable<string> FamilyWords => Families.Select(static entry => entry.Word);

    /// <summary>Reads a protocol's name.</summary>
    public static bool TryParse(string word, out SocketProtocols protocol)
    {
        for (var i = 0; i < ProtocolCount; i++)
        {
            if (word.Equals(((SocketProtocol)i).Name(), StringComparison.OrdinalIgnoreCase))
            {
                protocol = (SocketProtocols)(1 << i);
                return true;
            }
        }

        protocol = SocketProtocols.None;
        return false;
    }

    /// <summary>Reads a family's name.</summary>
    public static bool TryParse(string word, out SocketFamilies family)
    {
        family = Array.Find(Families, entry => word.Equals(entry.Word, StringComparison.OrdinalIgnoreCase)).Family;
        return family != SocketFamilies.None;
    }

    /// <summary>The names of a set.</summary>
    public static IEnumerable<string> Print(SocketProtocols protocols) =>
        Enumerable.Range(0, ProtocolCount).Where(i => ((int)protocols & (1 << i)) != 0).Select(static i => ((SocketProtocol)i).Name());

    /// <summary>The names of a set, one for each family.</summary>
    public static IEnumerable<string> Print(SocketFamilies families) =>
        Families.Where(entry => (families & entry.Family) != 0).DistinctBy(static entry => entry.Family).Select(static entry => entry.Word);
}
