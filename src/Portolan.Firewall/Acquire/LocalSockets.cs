using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Acquire;

/// <summary>
/// The sockets that rules can hand packets to, with what an ordinary listing leaves out: whether each is transparent. Read only where rules
/// look sockets up.
/// </summary>
internal static class LocalSockets
{
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const byte IPv4 = 2;
    private const byte IPv6 = 10;

    /// <summary>SOCK_DIAG_BY_FAMILY (linux/sock_diag.h).</summary>
    private const ushort ByFamily = 20;

    /// <summary>struct inet_diag_req_v2.</summary>
    private const int RequestSize = 56;

    /// <summary>TCP_LISTEN; of UDP TCP_CLOSE, which is a socket without a peer.</summary>
    private const uint Listening = 1 << 10;
    private const uint WithoutPeer = 1 << 7;

    /// <summary>Lists them; <c>null</c> where no rule asks, or the kernel does not tell.</summary>
    public static IReadOnlyList<LocalSocket>? ReadFor(Ruleset rules, CancellationToken cancellationToken)
    {
        if (!rules.Tables.Any(static t => t.Chains.Any(static c => c.Rules.Any(static r => r.Expressions.Any(LooksUp)))))
        {
            return null;
        }

        try
        {
            using var channel = NetlinkSocket.Open(NetlinkFamily.SocketDiagnostics);
            var dump = new NetlinkDump(channel);
            var found = new List<LocalSocket>();
            foreach (var protocol in (ReadOnlySpan<byte>)[Tcp, Udp])
            {
                foreach (var family in (ReadOnlySpan<byte>)[IPv4, IPv6])
                {
                    var visitor = new Visitor(protocol, found);
                    var result = dump.Run(Request(family, protocol), visitor, cancellationToken);
                    if (result.Status != NetlinkDumpStatus.Complete || visitor.IsUnclear)
                    {
                        return null;
                    }
                }
            }

            return found;
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    private static bool LooksUp(Expression expression) => expression is TransparentProxyExpression or SocketExpression
        or XtTargetExpression { Name: "TPROXY" } or XtMatchExpression { Name: "socket" };

    private static byte[] Request(byte family, byte protocol)
    {
        var request = new byte[NetlinkHeader.Size + RequestSize];
        MemoryMarshal.Write(request, new NetlinkHeader
        {
            Length = (uint)request.Length,
            Type = ByFamily,
            Flags = NetlinkFlags.Request | NetlinkFlags.Dump,
        });
        var body = request.AsSpan(NetlinkHeader.Size);
        (body[0], body[1]) = (family, protocol);
        MemoryMarshal.Write(body[4..], protocol == Tcp ? Listening : WithoutPeer);
        return request;
    }

    private sealed class Visitor(byte protocol, List<LocalSocket> found) : INetlinkVisitor
    {
        // struct inet_diag_msg (linux/inet_diag.h).
        private const int MessageSize = 72;
        private const int PortOffset = 4;
        private const int AddressOffset = 8;
        private const int InterfaceOffset = 40;
        private const ushort OnlyIPv6 = 11;
        private const ushort SocketOptions = 22;

        /// <summary>The bit of <c>transparent</c> in struct inet_diag_sockopt.</summary>
        private const byte Transparent = 0x20;

        /// <summary>Whether the kernel did not say of a socket what options it has (before Linux 5.10).</summary>
        public bool IsUnclear { get; private set; }

        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (payload.Length < MessageSize)
            {
                IsUnclear = true;
                return;
            }

            var (isOnlyIPv6, options) = (false, (byte?)null);
            var attributes = new NetlinkAttributes(payload[MessageSize..]);
            while (attributes.MoveNext())
            {
                if (attributes.TryReadByte(out var value))
                {
                    isOnlyIPv6 |= attributes.Type == OnlyIPv6 && value != 0;
                    options = attributes.Type == SocketOptions ? value : options;
                }
            }

            IsUnclear |= options is null;
            found.Add(new LocalSocket(
                protocol, InternetAddress.FromBytes(payload.Slice(AddressOffset, payload[0] == IPv4 ? 4 : 16)),
                BinaryPrimitives.ReadUInt16BigEndian(payload[PortOffset..]), MemoryMarshal.Read<int>(payload[InterfaceOffset..]))
            {
                IsOnlyIPv6 = isOnlyIPv6,
                IsTransparent = (options & Transparent) != 0,
            });
        }
    }
}
