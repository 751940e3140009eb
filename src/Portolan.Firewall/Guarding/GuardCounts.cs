using Portolan.Firewall.Changing.Table;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Guarding;

/// <summary>What the rules of a guard have dropped, as the kernel counts it.</summary>
/// <param name="Incoming">Segments that came in for the ports.</param>
/// <param name="Outgoing">Resets that the kernel, or a program, was about to send from them.</param>
public readonly record struct GuardCounts(ulong Incoming, ulong Outgoing)
{
    /// <summary>Asks the kernel.</summary>
    /// <exception cref="LinuxException">It does not tell.</exception>
    internal static GuardCounts Read(INetlinkChannel channel, string table)
    {
        var counters = NetfilterList.Counters(channel, table);
        return new GuardCounts(
            counters.GetValueOrDefault(GuardTable.Incoming).Packets, counters.GetValueOrDefault(GuardTable.Outgoing).Packets);
    }
}
