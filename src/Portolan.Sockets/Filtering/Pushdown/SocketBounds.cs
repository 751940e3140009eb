using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Sockets.Filtering.Pushdown;

/// <summary>A box around the sockets that a condition can hold for: protocols × families × states.</summary>
/// <param name="Protocols">Protocols that occur in it.</param>
/// <param name="Families">Families that occur in it.</param>
/// <param name="States">States that occur in it, as a mask of <c>1 &lt;&lt; <see cref="SocketState"/></c>.</param>
internal readonly record struct SocketBounds(SocketProtocols Protocols, SocketFamilies Families, uint States)
{
    private const SocketProtocols AllProtocols = (SocketProtocols)((1 << ((int)SocketProtocol.Packet + 1)) - 1);
    private const SocketProtocols InternetProtocols = AllProtocols & ~(SocketProtocols.Unix | SocketProtocols.Packet);
    private const SocketFamilies InternetFamilies = SocketFamilies.IPv4 | SocketFamilies.IPv6;

    /// <summary>Every socket.</summary>
    public static SocketBounds All => new(AllProtocols, SocketFamilies.All, StateWords.All);

    /// <summary>No socket.</summary>
    public static SocketBounds None => default;

    /// <summary>Sockets with internet addresses.</summary>
    public static SocketBounds Internet => new(InternetProtocols, InternetFamilies, StateWords.All);

    /// <summary>Sockets that a program can own: not TIME-WAIT, which is all the kernel keeps of one.</summary>
    public static SocketBounds Owned => All with { States = StateWords.All & ~(1u << (int)SocketState.TimeWait) };

    /// <summary>The sockets in both boxes.</summary>
    public SocketBounds Intersect(SocketBounds other) =>
        new SocketBounds(Protocols & other.Protocols, Families & other.Families, States & other.States).Tightened();

    /// <summary>The smallest box around both boxes.</summary>
    public SocketBounds Union(SocketBounds other) =>
        new(Protocols | other.Protocols, Families | other.Families, States | other.States);

    // The family decides about the protocol and the other way round; a box without extent in one direction is empty.
    private SocketBounds Tightened()
    {
        var protocols = Protocols;
        var families = Families;
        Agree(SocketProtocols.Unix, SocketFamilies.Unix, ref protocols, ref families);
        Agree(SocketProtocols.Packet, SocketFamilies.Packet, ref protocols, ref families);
        Agree(InternetProtocols, InternetFamilies, ref protocols, ref families);
        return protocols == 0 || families == 0 || States == 0 ? None : new(protocols, families, States);
    }

    private static void Agree(SocketProtocols ofFamily, SocketFamilies family, ref SocketProtocols protocols, ref SocketFamilies families)
    {
        if ((protocols & ofFamily) == 0)
        {
            families &= ~family;
        }

        if ((families & family) == 0)
        {
            protocols &= ~ofFamily;
        }
    }
}
