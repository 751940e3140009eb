using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Documents;

/// <summary>Sockets of every kind with everything that a document may have to carry.</summary>
internal static class SocketCorpus
{
    /// <summary>The namespaces: the own one, one that names itself, one of which nothing is known.</summary>
    private static readonly IReadOnlyList<NetworkNamespace> Namespaces =
        [new(4026531840, null, 1, IsOwn: true), new(7, DocumentCorpus.Hostile, 0, IsOwn: false), new(0, null, 0, IsOwn: false)];

    private delegate void Change(ref SocketEntry entry);

    /// <summary>Who holds them: two processes and one that has gone; some owners are hidden.</summary>
    public static OwnerMap Owners { get; } =
        new([1, 1, 2], [DocumentCorpus.Full.Pid, DocumentCorpus.Bare.Pid, 99], "/proc", hiddenProcesses: 1);

    public static ProcessInfo? Process(int pid) =>
        pid == DocumentCorpus.Full.Pid ? DocumentCorpus.Full : pid == DocumentCorpus.Bare.Pid ? DocumentCorpus.Bare : null;

    public static string? User(uint id) => id == 33 ? DocumentCorpus.Hostile : null;

    public static string? Service(TransportProtocol protocol, PortNumber port) => port.Value switch
    {
        80 => DocumentCorpus.Hostile,
        40000 => "late",
        22 when protocol == TransportProtocol.Tcp => "ssh",
        _ => null,
    };

    public static SocketSnapshot Snapshot()
    {
        var sockets = new SocketTable();
        Add(SocketProtocol.Tcp, SocketState.Listen, "0.0.0.0", 80, (ref SocketEntry e) =>
        {
            (e.Inode, e.UserId, e.Flags, e.Cookie, e.ReceiveQueue, e.SendQueue) = (1, 33, SocketFlags.HasUser, ulong.MaxValue, 129, 128);
        });
        Add(SocketProtocol.Tcp, SocketState.Listen, "::", 80, (ref SocketEntry e) =>
        {
            (e.Inode, e.UserId, e.Cookie, e.InterfaceIndex) = (2, uint.MaxValue, 0x1a, 2);
            e.Flags = SocketFlags.HasUser | SocketFlags.DualStack | SocketFlags.V6OnlyKnown;
        });
        Add(SocketProtocol.Tcp, SocketState.Listen, "::", 0, static (ref SocketEntry e) => e.Inode = uint.MaxValue);
        Add(SocketProtocol.Tcp, SocketState.Listen, "::", 22, static (ref SocketEntry e) => e.Flags = SocketFlags.V6OnlyKnown);
        Add(SocketProtocol.Tcp, SocketState.Established, "::ffff:192.0.2.1", 40000, (ref SocketEntry e) =>
        {
            (e.RemoteAddress, e.RemotePort) = (DocumentCorpus.Address("2001:db8::1"), 80);
            (e.Inode, e.InterfaceIndex, e.NamespaceIndex) = (3, 9, 1);
            sockets.Attach(ref e, new TcpDetails { BytesSent = ulong.MaxValue, BytesReceived = 0 });
        });
        Add(SocketProtocol.Mptcp, SocketState.Established, "192.0.2.1", 22, static (ref SocketEntry e) =>
        {
            (e.RemoteAddress, e.RemotePort, e.NamespaceIndex) = (DocumentCorpus.Address("198.51.100.7"), 40000, 2);
            (e.Inode, e.Flags) = (4, SocketFlags.KernelOwned);
        });
        Add(SocketProtocol.Tcp, SocketState.TimeWait, "192.0.2.1", 65535, static (ref SocketEntry e) =>
        {
            (e.RemoteAddress, e.RemotePort, e.NamespaceIndex) = (DocumentCorpus.Address("198.51.100.7"), 65534, 99);
        });
        Add(SocketProtocol.Udp, SocketState.Unconnected, "fe80::1", 53, static (ref SocketEntry e) => e.Inode = 5);
        Add(SocketProtocol.UdpLite, SocketState.Unconnected, "127.0.0.1", 80);
        Add(SocketProtocol.Sctp, SocketState.Listen, "127.0.0.1", 22);
        Add(SocketProtocol.Dccp, SocketState.Bound, "127.0.0.1", 0);
        Add(SocketProtocol.Raw, SocketState.Unconnected, "0.0.0.0", 1);
        Add(SocketProtocol.Unix, SocketState.Established, null, 0, (ref SocketEntry e) =>
        {
            e.Inode = 1;
            sockets.Attach(ref e, new UnixDetails(DocumentCorpus.Hostile, 7, 1));
        });
        Add(SocketProtocol.Unix, SocketState.Unknown, null, 0, (ref SocketEntry e) =>
        {
            (e.Inode, e.NamespaceIndex) = (6, 1);
            sockets.Attach(ref e, new UnixDetails(null, 0, 5));
        });
        Add(SocketProtocol.Unix, SocketState.Listen, null, 0);
        Add(SocketProtocol.Packet, SocketState.Unconnected, null, 2048, static (ref SocketEntry e) => (e.Inode, e.InterfaceIndex) = (7, 2));
        Add(SocketProtocol.Packet, SocketState.Closed, null, 3);
        var interfaces = new InterfaceNames();
        interfaces.Add(0, 2, $"eth{DocumentCorpus.Hostile}");
        return new SocketSnapshot
        {
            Sockets = sockets,
            Namespaces = Namespaces,
            Interfaces = interfaces,
            Sources =
            [
                new(SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.Packet, "netlink"),
                new(SocketProtocols.Raw, "/proc/net/raw"), new(SocketProtocols.None, SocketSourceNote.Absent),
            ],
            Missing = DocumentCorpus.Missing,
        };

        void Add(SocketProtocol protocol, SocketState state, string? address, ushort port, Change? change = null)
        {
            ref var entry = ref sockets.Add();
            (entry.Protocol, entry.State, entry.LocalPort) = (protocol, state, port);
            if (address is not null)
            {
                entry.LocalAddress = DocumentCorpus.Address(address);
                entry.RemoteAddress = entry.LocalAddress.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
            }

            change?.Invoke(ref entry);
        }
    }

    /// <summary>The sockets of a lab: one host, and many that are alike.</summary>
    public static SocketSnapshot Lab()
    {
        var sockets = new SocketTable();
        for (var i = 0; i < 2; i++)
        {
            ref var entry = ref sockets.Add();
            (entry.Protocol, entry.State, entry.NamespaceIndex) = (SocketProtocol.Tcp, SocketState.Listen, i);
            (entry.LocalAddress, entry.LocalPort) = (DocumentCorpus.Address("192.0.2.7"), 80);
        }

        return new SocketSnapshot
        {
            Sockets = sockets,
            Namespaces = [new(1, "pc", 0, IsOwn: false), new(2, DocumentCorpus.Hostile, 0, IsOwn: false)],
            Lab = new LabNote(
                DocumentCorpus.Hostile,
                [new("pc", 1, null), new(DocumentCorpus.Hostile, ulong.MaxValue, $"80-90,{DocumentCorpus.Hostile}")]),
            Sources = [new(SocketProtocols.Tcp | SocketProtocols.Udp, SocketSourceNote.FromLab)],
            Missing = [],
        };
    }
}
