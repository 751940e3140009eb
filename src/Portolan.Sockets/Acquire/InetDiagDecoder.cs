using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Netlink;

namespace Portolan.Sockets.Acquire;

/// <summary>Turns <c>inet_diag_msg</c> messages into entries of a table. Allocates nothing per socket but the table's own room.</summary>
/// <param name="table">Where to.</param>
/// <param name="protocol">What was asked for; the messages do not say.</param>
/// <param name="namespaceIndex">Where from.</param>
/// <param name="states">States to keep. The kernel filters first, but an SCTP dump only distinguishes endpoints from associations.</param>
/// <param name="wholeInfo">Whether tcp_info is kept whole.</param>
internal sealed class InetDiagDecoder(SocketTable table, SocketProtocol protocol, int namespaceIndex, uint states, bool wholeInfo = false)
    : IDiagnosticsDecoder
{
    private readonly bool _isDatagram = protocol is SocketProtocol.Udp or SocketProtocol.UdpLite or SocketProtocol.Raw;
    private byte[] _lastCongestionBytes = [];
    private string? _lastCongestionName;

    /// <inheritdoc/>
    public int Malformed { get; private set; }

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

        var state = State(in message);
        if (!KernelStates.IsWanted(state, states))
        {
            return;
        }

        ref var entry = ref table.Add();
        entry.State = state;
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

        entry.LocalPort = NetworkOrder(id.SourcePort);
        entry.RemotePort = NetworkOrder(id.DestinationPort);
        entry.Cookie = id.CookieLow | ((ulong)id.CookieHigh << 32);
        entry.InterfaceIndex = (int)id.Interface;
        entry.NamespaceIndex = namespaceIndex;
        entry.Protocol = protocol;
        entry.Timer = message.Timer <= (byte)SocketTimer.Persist ? (SocketTimer)message.Timer : SocketTimer.Off;
        entry.Retransmits = message.Retransmits;
        entry.TimerMilliseconds = message.Expires;
        entry.ReceiveQueue = message.ReceiveQueue;
        entry.SendQueue = message.SendQueue;
        entry.Inode = message.Inode;
        if (message.Inode != 0)
        {
            // Without a file there is no user either: the kernel then says 0, which is root's number but no fact.
            entry.UserId = message.UserId;
            entry.Flags = SocketFlags.HasUser;
        }
    }

    private SocketState State(in InetDiagMessage message)
    {
        if (_isDatagram)
        {
            return KernelStates.Datagram(message.State);
        }

        return protocol switch
        {
            // An association has a remote port and a state of SCTP's own; an endpoint has neither.
            SocketProtocol.Sctp when message.Id.DestinationPort != 0 => KernelStates.SctpAssociation(message.State),
            SocketProtocol.Tcp => KernelStates.Tcp(message.State),
            _ => KernelStates.Connection(message.State),
        };
    }

    private void ReadAttributes(ref SocketEntry entry, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> info = default;
        ReadOnlySpan<byte> congestion = default;
        ReadOnlySpan<byte> figures = default;
        var figuresOf = AlgorithmFigures.None;
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
                case InetDiagAttribute.UlpInfo when IsMptcp(attributes.Value):
                    entry.Flags |= SocketFlags.MptcpSubflow;
                    break;
                case InetDiagAttribute.Info:
                    info = attributes.Value;
                    break;
                case InetDiagAttribute.Congestion:
                    congestion = attributes.Value;
                    break;
                case InetDiagAttribute.VegasInfo or InetDiagAttribute.DctcpInfo or InetDiagAttribute.BbrInfo:
                    figures = attributes.Value;
                    figuresOf = (AlgorithmFigures)attributes.Type;
                    break;
                case InetDiagAttribute.SocketMemory:
                    table.Attach(ref entry, SocketMemoryDecoder.Read(attributes.Value));
                    break;
            }
        }

        if (!info.IsEmpty && protocol is SocketProtocol.Tcp)
        {
            var details = TcpInfoDecoder.Tcp(info, CongestionName(congestion));
            table.Attach(
                ref entry,
                wholeInfo ? details with { Info = info.ToArray(), Figures = figures.ToArray(), FiguresOf = figuresOf } : details);
        }
        else if (!info.IsEmpty && protocol is SocketProtocol.Mptcp)
        {
            table.Attach(ref entry, TcpInfoDecoder.Mptcp(info));
        }
    }

    /// <summary>Whether INET_DIAG_ULP_INFO names MPTCP, by its name or by its own figures.</summary>
    private static bool IsMptcp(ReadOnlySpan<byte> upperLayer)
    {
        const ushort Name = 1;
        const ushort Mptcp = 3;
        var attributes = new NetlinkAttributes(upperLayer);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Mptcp || (attributes.Type == Name && attributes.Value.TrimEnd((byte)0).SequenceEqual("mptcp"u8)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>One string per run of the same name: nearly all sockets of a machine use one algorithm.</summary>
    private string? CongestionName(ReadOnlySpan<byte> value)
    {
        value = value.TrimEnd((byte)0);
        if (value.IsEmpty)
        {
            return null;
        }

        if (_lastCongestionName is null || !value.SequenceEqual(_lastCongestionBytes))
        {
            _lastCongestionBytes = value.ToArray();
            _lastCongestionName = string.Intern(Encoding.ASCII.GetString(value));
        }

        return _lastCongestionName;
    }

    private static ushort NetworkOrder(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}

/// <summary>Reads the array of SK_MEMINFO_* figures (linux/sock_diag.h).</summary>
internal static class SocketMemoryDecoder
{
    /// <summary>Figures the kernel has not are 0.</summary>
    internal static SocketMemory Read(ReadOnlySpan<byte> value)
    {
        var figures = MemoryMarshal.Cast<byte, uint>(value);
        return new SocketMemory(
            At(figures, 0), At(figures, 1), At(figures, 2), At(figures, 3), At(figures, 4), At(figures, 5), At(figures, 6), At(figures, 7),
            At(figures, 8));
    }

    private static uint At(ReadOnlySpan<uint> figures, int index) => index < figures.Length ? figures[index] : 0;
}
