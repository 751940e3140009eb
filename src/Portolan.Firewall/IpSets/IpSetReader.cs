using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.IpSets;

/// <summary>Reads the sets of ipset over netlink (linux/netfilter/ipset/ip_set.h), which rules of x_tables look packets up in.</summary>
internal static class IpSetReader
{
    private const byte Subsystem = 6; // NFNL_SUBSYS_IPSET
    private const byte List = 7; // IPSET_CMD_LIST
    private const ushort ProtocolAttribute = 1; // IPSET_ATTR_PROTOCOL

    /// <summary>Protocol 7, since Linux 4.20, reports the index by which rules name a set; 6 does not.</summary>
    private const byte Protocol = 7;

    private const byte OldProtocol = 6;
    private const int ProtocolError = 4097; // IPSET_ERR_PROTOCOL
    private const string What = "the sets of ipset";

    /// <summary>Reads all sets with their elements. What cannot be read is added to what is missing.</summary>
    internal static IReadOnlyList<IpSet> Read(INetlinkChannel channel, List<MissingFact> missing, CancellationToken cancellationToken)
    {
        var dump = new NetlinkDump(channel);
        var keeper = new MessageKeeper(new MessageArena());
        var result = dump.Run(Request(Protocol), keeper, cancellationToken);
        if (result is { Status: NetlinkDumpStatus.Refused, Errno: ProtocolError })
        {
            result = dump.Run(Request(OldProtocol), keeper, cancellationToken);
        }

        switch (result.Status)
        {
            case NetlinkDumpStatus.Complete:
                break;
            case NetlinkDumpStatus.Refused when result.Errno is Errno.InvalidArgument or Errno.NoEntry:
                return []; // no ipset in this kernel, or no set
            case NetlinkDumpStatus.Refused or NetlinkDumpStatus.Failed:
                missing.Add(
                    new MissingFact(MissingFactCode.IpSetsUnread, What, new LinuxException(result.Errno, "read them").Message)
                    {
                        IsNarrow = true,
                    });
                break;
            default:
                missing.Add(
                    new MissingFact(MissingFactCode.IpSetsNotUnderstood, What, "the kernel's answer has an unknown format")
                    {
                        IsNarrow = true,
                    });
                break;
        }

        var builder = new IpSetBuilder(isComplete: result.Status == NetlinkDumpStatus.Complete);
        foreach (var message in keeper.Messages)
        {
            builder.Add(message);
        }

        return builder.Build(missing);
    }

    private static byte[] Request(byte protocol)
    {
        var writer = new NetlinkWriter(64);
        writer.BeginMessage((Subsystem << 8) | List, NetlinkFlags.Request | NetlinkFlags.Dump, 0);
        NetfilterHeader.Write(writer, 0);
        writer.Byte(ProtocolAttribute, protocol);
        return writer.Bytes.ToArray();
    }
}
