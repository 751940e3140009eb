using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Reachability.Explaining.Unseen;

/// <summary>Whether tc(8) filters what an interface receives (RTM_GETTFILTER, <c>struct tcmsg</c> of linux/rtnetlink.h).</summary>
internal sealed class TrafficFilters(INetlinkChannel channel)
{
    private const ushort GetFilter = 46;
    private const ushort NewFilter = 44;

    /// <summary>Bytes of <c>struct tcmsg</c>: family, padding (3), interface (4), handle (4), parent (4), information (4).</summary>
    private const int MessageSize = 20;

    /// <summary>
    /// The parents under which filters of incoming packets stand: TC_H_CLSACT with TC_H_MIN_INGRESS, and TC_H_INGRESS's handle ffff:.
    /// </summary>
    private static readonly uint[] Parents = [0xfffffff2, 0xffff0000];

    private readonly NetlinkDump _dump = new(channel);

    /// <summary>Whether there is a filter.</summary>
    internal bool HasIngress(int interfaceIndex)
    {
        var request = new byte[NetlinkHeader.Size + MessageSize];
        var visitor = new Counter();
        foreach (var parent in Parents)
        {
            Array.Clear(request);
            MemoryMarshal.Write(request, new NetlinkHeader { Type = GetFilter, Flags = NetlinkFlags.Request | NetlinkFlags.Dump });
            MemoryMarshal.Write(request.AsSpan(NetlinkHeader.Size + 4), interfaceIndex);
            MemoryMarshal.Write(request.AsSpan(NetlinkHeader.Size + 12), parent);
            _dump.Run(request, visitor, CancellationToken.None); // an interface without such a parent answers with nothing, or refuses
        }

        return visitor.Found;
    }

    private sealed class Counter : INetlinkVisitor
    {
        internal bool Found { get; private set; }

        public void Visit(ushort type, ReadOnlySpan<byte> payload) => Found |= type == NewFilter;
    }
}
