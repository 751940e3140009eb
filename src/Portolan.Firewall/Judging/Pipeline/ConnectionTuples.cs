using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>The two ends of a connection as both directions see them.</summary>
internal static class ConnectionTuples
{
    /// <summary>A connection begins: the packet as it is now, and its mirror.</summary>
    public static PacketView Begin(PacketView view) => Mirror(view.With(
        (PacketField.OriginalSource, view[PacketField.SourceAddress]),
        (PacketField.OriginalDestination, view[PacketField.DestinationAddress]),
        (PacketField.OriginalSourcePort, view[PacketField.SourcePort]),
        (PacketField.OriginalDestinationPort, view[PacketField.DestinationPort])));

    /// <summary>A connection began the other way round: the packet as it is now answers it.</summary>
    /// <param name="view">The packet.</param>
    /// <param name="ports">The ports of the connection where they are not those of the packet, as of an error; or <c>null</c>.</param>
    public static PacketView Answered(PacketView view, FieldValue? ports) => view.With(
        (PacketField.OriginalSource, view[PacketField.DestinationAddress]),
        (PacketField.OriginalDestination, view[PacketField.SourceAddress]),
        (PacketField.OriginalSourcePort, ports ?? view[PacketField.DestinationPort]),
        (PacketField.OriginalDestinationPort, ports ?? view[PacketField.SourcePort]),
        (PacketField.ReplySource, view[PacketField.SourceAddress]),
        (PacketField.ReplyDestination, view[PacketField.DestinationAddress]),
        (PacketField.ReplySourcePort, ports ?? view[PacketField.SourcePort]),
        (PacketField.ReplyDestinationPort, ports ?? view[PacketField.DestinationPort]));

    /// <summary>The packet belongs to a connection that another began.</summary>
    /// <param name="view">The packet.</param>
    /// <param name="about">The connection's first packet.</param>
    /// <param name="why">Why it is one of several, where it is.</param>
    public static PacketView Of(PacketView view, AnsweredPacket about, string why)
    {
        var (source, port) = (FieldValue.Choice(about.Sources, why), FieldValue.Choice(about.SourcePorts, why));
        return view.With(
            (PacketField.OriginalSource, source),
            (PacketField.OriginalDestination, FieldValue.Choice(about.Destinations, why)),
            (PacketField.OriginalSourcePort, port),
            (PacketField.OriginalDestinationPort, FieldValue.Constant(about.DestinationPort)),
            (PacketField.ReplySource, FieldValue.Choice(about.Targets, why)),
            (PacketField.ReplyDestination, source),
            (PacketField.ReplySourcePort, FieldValue.Choice(about.TargetPorts, why)),
            (PacketField.ReplyDestinationPort, port));
    }

    /// <summary>The other direction follows what translation made of this one.</summary>
    public static PacketView Mirror(PacketView view) => view.With(
        (PacketField.ReplySource, view[PacketField.DestinationAddress]),
        (PacketField.ReplyDestination, view[PacketField.SourceAddress]),
        (PacketField.ReplySourcePort, view[PacketField.DestinationPort]),
        (PacketField.ReplyDestinationPort, view[PacketField.SourcePort]));
}
