namespace Portolan.Sockets.Acquire.ProcNet;

/// <summary>/proc/net/packet (packet_seq_show in net/packet/af_packet.c).</summary>
internal sealed class ProcNetPacketParser(SocketTable table, int namespaceIndex, uint states) : ProcNetParser(table, namespaceIndex, states)
{
    /// <inheritdoc/>
    protected override bool TryParse(FieldReader fields, ref SocketEntry entry)
    {
        if (!fields.TrySkip(3)
            || !fields.TryNextHex(out var etherType)
            || !fields.TryNextDecimal(out var interfaceIndex)
            || !fields.TrySkip(1)
            || !fields.TryNextDecimal(out entry.ReceiveQueue)
            || !fields.TryNextDecimal(out var userId)
            || !fields.TryNextDecimal(out var inode)
            || etherType > ushort.MaxValue
            || interfaceIndex > int.MaxValue)
        {
            return false;
        }

        entry.Protocol = SocketProtocol.Packet;
        entry.State = SocketState.Unconnected;
        entry.LocalPort = (ushort)etherType;
        entry.InterfaceIndex = (int)interfaceIndex;
        SetOwner(ref entry, userId, inode);
        return true;
    }
}
