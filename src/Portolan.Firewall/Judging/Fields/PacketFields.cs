namespace Portolan.Firewall.Judging.Fields;

/// <summary>What is fixed about each field: its width, and whether it follows from another.</summary>
internal static class PacketFields
{
    /// <summary>How many dimensions the packet space has: the fields a sender may choose, and the interface of answers.</summary>
    public const int OpenCount = (int)PacketField.AnswerInterface + 1;

    /// <summary>How many fields have a value of their own.</summary>
    public const int StoredCount = (int)PacketField.Slot3 + 1;

    /// <summary>How many slots there are.</summary>
    public const int SlotCount = 4;

    /// <summary>Whether the field follows from the index of an interface.</summary>
    public static bool IsDerived(PacketField field) => field > PacketField.Slot3;

    /// <summary>Whether it is the number of a port.</summary>
    public static bool IsPort(PacketField field) => field is PacketField.SourcePort or PacketField.DestinationPort
        or PacketField.OriginalSourcePort or PacketField.OriginalDestinationPort
        or PacketField.ReplySourcePort or PacketField.ReplyDestinationPort;

    /// <summary>Whether a map's values are kept there.</summary>
    public static bool IsSlot(PacketField field) => field is >= PacketField.Slot0 and <= PacketField.Slot3;

    /// <summary>The field that holds the index a derived one follows from.</summary>
    /// <remarks>
    /// iiftype is that of the device that has the packet (nft_meta.c: NFT_META_IFTYPE), the other facts are the input interface's.
    /// </remarks>
    public static PacketField BaseOf(PacketField field) =>
        field >= PacketField.OutputName
            ? PacketField.OutputInterface
            : field == PacketField.InputType ? PacketField.Device : PacketField.InputInterface;

    /// <summary>How many bits the field has in packets of a family.</summary>
    public static int Width(PacketField field, bool isIPv4) => field switch
    {
        PacketField.SourceAddress or PacketField.DestinationAddress or PacketField.OriginalSource or PacketField.OriginalDestination
            or PacketField.ReplySource or PacketField.ReplyDestination => isIPv4 ? 32 : 128,
        PacketField.HopLimit or PacketField.TrafficClass or PacketField.TcpFlags or PacketField.IcmpType or PacketField.IcmpCode
            or PacketField.TcpOffset or PacketField.TcpOptions or PacketField.ConnectionProtocol or PacketField.HasLinkHeader
            or PacketField.PacketType or PacketField.HasConnection
            or PacketField.ConnectionDirection or PacketField.HasSocket => 8,
        PacketField.SourcePort or PacketField.DestinationPort or PacketField.Identification or PacketField.TotalLength
            or PacketField.Fragmentation or PacketField.PayloadLength or PacketField.TcpWindow or PacketField.TcpUrgent
            or PacketField.UdpLength or PacketField.TcpSegmentSize or PacketField.OriginalSourcePort or PacketField.OriginalDestinationPort
            or PacketField.ReplySourcePort or PacketField.ReplyDestinationPort or PacketField.InputType or PacketField.OutputType => 16,
        PacketField.FlowLabel => 20,
        PacketField.EtherSource => 48,
        PacketField.InputName or PacketField.OutputName or PacketField.InputKind or PacketField.OutputKind
            or PacketField.Slot0 or PacketField.Slot1 or PacketField.Slot2 or PacketField.Slot3 => 128,
        _ => 32,
    };
}
