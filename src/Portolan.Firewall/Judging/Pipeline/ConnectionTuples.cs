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

    /// <summary>The other direction follows what translation made of this one.</summary>
    public static PacketView Mirror(PacketView view) => view.With(
        (PacketField.ReplySource, view[PacketField.DestinationAddress]),
        (PacketField.ReplyDestination, view[PacketField.SourceAddress]),
        (PacketField.ReplySourcePort, view[PacketField.DestinationPort]),
        (PacketField.ReplyDestinationPort, view[PacketField.SourcePort]));
}
