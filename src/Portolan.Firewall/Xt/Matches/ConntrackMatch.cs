namespace Portolan.Firewall.Xt.Matches;

/// <summary>
/// Facts of the packet's connection (linux/netfilter/xt_conntrack.h). All tests must hold; without a connection only the state is tested.
/// </summary>
/// <param name="Tests">What is tested.</param>
/// <param name="Inverted">Which of the tests must not hold.</param>
/// <param name="States">Any of these is right.</param>
/// <param name="Status">Any of these IPS_* bits is right.</param>
public sealed record ConntrackMatch(
    ConnectionTests Tests,
    ConnectionTests Inverted,
    ConnectionStates States,
    uint Status) : XtMatch
{
    /// <summary>Protocol number.</summary>
    public ushort Protocol { get; init; }

    /// <summary>Source of the original direction.</summary>
    public AddressMask OriginalSource { get; init; }

    /// <summary>Destination of the original direction.</summary>
    public AddressMask OriginalDestination { get; init; }

    /// <summary>Source of the replies.</summary>
    public AddressMask ReplySource { get; init; }

    /// <summary>Destination of the replies.</summary>
    public AddressMask ReplyDestination { get; init; }

    /// <summary>Source port of the original direction.</summary>
    public PortSpan OriginalSourcePort { get; init; }

    /// <summary>Destination port of the original direction.</summary>
    public PortSpan OriginalDestinationPort { get; init; }

    /// <summary>Source port of the replies.</summary>
    public PortSpan ReplySourcePort { get; init; }

    /// <summary>Destination port of the replies.</summary>
    public PortSpan ReplyDestinationPort { get; init; }

    /// <summary>Fewest seconds until it is forgotten.</summary>
    public uint ExpiresMin { get; init; }

    /// <summary>Most seconds until it is forgotten.</summary>
    public uint ExpiresMax { get; init; }

    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("conntrack", 1, 3, Decode)];

    private static ConntrackMatch? Decode(XtPayload payload)
    {
        const int Size1 = 152;
        const int Size2 = 154;
        const int Size3 = 164;
        const int AddressSize = 16;
        const int Expires = 8 * AddressSize;
        const int ProtocolAt = Expires + 8;
        const int PortsAt = ProtocolAt + 2;
        const int TestsAt = PortsAt + 8;
        const int StatesAt = TestsAt + 4;
        const int HighPortsAt = StatesAt + 4;
        if (!payload.Has(payload.Revision switch { 1 => Size1, 2 => Size2, _ => Size3 }))
        {
            return null;
        }

        // Revision 1 has 8 bits for states and for the status.
        var isWide = payload.Revision >= 2;
        var inverted = (ConnectionTests)payload.UInt16(TestsAt + 2);
        return new ConntrackMatch(
            (ConnectionTests)payload.UInt16(TestsAt),
            inverted,
            (ConnectionStates)(isWide ? payload.UInt16(StatesAt) : payload.Byte(StatesAt)),
            isWide ? payload.UInt16(StatesAt + 2) : payload.Byte(StatesAt + 1))
        {
            OriginalSource = AddressAt(0, ConnectionTests.OriginalSource),
            OriginalDestination = AddressAt(1, ConnectionTests.OriginalDestination),
            ReplySource = AddressAt(2, ConnectionTests.ReplySource),
            ReplyDestination = AddressAt(3, ConnectionTests.ReplyDestination),
            ExpiresMin = payload.UInt32(Expires),
            ExpiresMax = payload.UInt32(Expires + 4),
            Protocol = payload.UInt16(ProtocolAt),
            OriginalSourcePort = PortsOf(0, ConnectionTests.OriginalSourcePort),
            OriginalDestinationPort = PortsOf(1, ConnectionTests.OriginalDestinationPort),
            ReplySourcePort = PortsOf(2, ConnectionTests.ReplySourcePort),
            ReplyDestinationPort = PortsOf(3, ConnectionTests.ReplyDestinationPort),
        };

        AddressMask AddressAt(int index, ConnectionTests test) =>
            new(payload.Address(index * 2 * AddressSize), payload.Address(((index * 2) + 1) * AddressSize), (inverted & test) != 0);

        // Revision 3 has spans in host order, the others single ports in network order.
        PortSpan PortsOf(int index, ConnectionTests test)
        {
            var at = PortsAt + (index * sizeof(ushort));
            var first = payload.Revision >= 3 ? payload.UInt16(at) : payload.BigEndian16(at);
            var last = payload.Revision >= 3 ? payload.UInt16(HighPortsAt + (index * sizeof(ushort))) : first;
            return new PortSpan(first, last, (inverted & test) != 0);
        }
    }
}
