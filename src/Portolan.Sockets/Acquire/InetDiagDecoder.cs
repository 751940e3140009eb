using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Sockets.Acquire;

/// <summary>Turns <c>inet_diag_msg</c> messages into entries of a table. Allocates nothing per socket but the table's own room.</summary>
internal sealed class InetDiagDecoder(SocketTable table, SocketProtocol protocol, int namespaceIndex) : INetlinkVisitor
{
    private readonly bool _isConnectionProtocol = protocol is SocketProtocol.Tcp or SocketProtocol.Mptcp or SocketProtocol.Sctp or SocketProtocol.Dccp;

    /// <summary>Messages that were too short or of another family.</summary>
    internal int Malformed { get; private set; }

    /// <inheritdoc/>
    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < InetDiagMessage.Size)
        {
            Malformed++;
            return;
        }

        ref readonly var message = ref MemoryMarshal.AsRef<InetDiagMessage>(payload);
        if (message.Family is not (AddressFamilyNumber.IPv4 or AddressFamilyNumber.IPv6))
        {
            Malformed++;
            return;
        }

        ref var entry = ref table.Add();
        Fill(ref entry, in message);
        ReadAttributes(ref entry, payload[InetDiagMessage.Size..]);
    }

    private void Fill(ref SocketEntry entry, in InetDiagMessage message)
    {
        ref readonly var id = ref message.Id;
        if (message.Family == AddressFamilyNumber.IPv4)
        {
            entry.LocalAddress = InternetAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(id.Source));
            entry.RemoteAddress = InternetAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(id.Destination));
        }
        else
        {
            entry.LocalAddress = InternetAddress.FromBytes(id.Source);
            entry.RemoteAddress = InternetAddress.FromBytes(id.Destination);
        }

        entry.LocalPort = BinaryPrimitives.ReverseEndianness(id.SourcePort);
        entry.RemotePort = BinaryPrimitives.ReverseEndianness(id.DestinationPort);
        entry.Cookie = id.CookieLow | ((ulong)id.CookieHigh << 32);
        entry.InterfaceIndex = (int)id.Interface;
        entry.NamespaceIndex = namespaceIndex;
        entry.Protocol = protocol;
        entry.State = _isConnectionProtocol ? KernelStates.Connection(message.State) : KernelStates.Datagram(message.State);
        entry.Timer = (SocketTimer)message.Timer;
        entry.Retransmits = message.Retransmits;
        entry.TimerMilliseconds = message.Expires;
        entry.ReceiveQueue = message.ReceiveQueue;
        entry.SendQueue = message.SendQueue;
        entry.Inode = message.Inode;
        if (message.Inode != 0)
        {
            entry.UserId = message.UserId;
            entry.Flags = SocketFlags.HasUser;
        }
    }

    private static void ReadAttributes(ref SocketEntry entry, ReadOnlySpan<byte> bytes)
    {
        var attributes = new NetlinkAttributes(bytes);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case InetDiagAttribute.CgroupId when attributes.TryReadUInt64(out var cgroup):
                    entry.CgroupId = cgroup;
                    break;
                case InetDiagAttribute.V6Only when attributes.TryReadByte(out var isV6Only):
                    entry.Flags |= SocketFlags.V6OnlyKnown;
                    if (isV6Only == 0 && entry.LocalAddress.IsUnspecified)
                    {
                        entry.Flags |= SocketFlags.DualStack;
                    }

                    break;
            }
        }
    }
}
