using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Host.Reading;

/// <summary>Decodes RTM_NEWNEXTHOP (<c>struct nhmsg</c>, linux/nexthop.h): next hops that several routes share.</summary>
internal sealed class NextHopDecoder : INetlinkVisitor
{
    private const ushort NewNextHop = 104;
    private const int MessageSize = 8;

    /// <summary>Bytes of <c>struct nexthop_grp</c>: id (4), weight, and padding.</summary>
    private const int GroupEntrySize = 8;

    private readonly Dictionary<uint, NextHop> _found = [];

    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != NewNextHop || payload.Length < MessageSize)
        {
            return;
        }

        uint id = 0;
        var hop = new NextHop(0, null, IsBlackhole: false, []);
        var attributes = new NetlinkAttributes(payload[MessageSize..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case 1: // NHA_ID
                    attributes.TryReadUInt32(out id);
                    break;
                case 2: // NHA_GROUP
                    hop = hop with { Members = Members(attributes.Value) };
                    break;
                case 4: // NHA_BLACKHOLE
                    hop = hop with { IsBlackhole = true };
                    break;
                case 5 when MemoryMarshal.TryRead(attributes.Value, out int index): // NHA_OIF
                    hop = hop with { Interface = index };
                    break;
                case 6 when attributes.Value.Length is 4 or 16: // NHA_GATEWAY
                    hop = hop with { Gateway = InternetAddress.FromBytes(attributes.Value) };
                    break;
            }
        }

        _found[id] = hop;
    }

    /// <summary>Where a next hop, or a group of them, leads. Groups hold no groups (nexthop.c: nh_check_attr_group).</summary>
    internal (List<(int Interface, InternetAddress? Gateway)> Hops, bool IsBlackhole) Resolve(uint id)
    {
        var hops = new List<(int Interface, InternetAddress? Gateway)>();
        var isBlackhole = false;
        if (_found.TryGetValue(id, out var named))
        {
            foreach (var member in named.Members.Count > 0 ? named.Members : [id])
            {
                if (_found.TryGetValue(member, out var hop))
                {
                    isBlackhole |= hop.IsBlackhole;
                    if (hop.Interface != 0)
                    {
                        hops.Add((hop.Interface, hop.Gateway));
                    }
                }
            }
        }

        return (hops, isBlackhole);
    }

    private static List<uint> Members(ReadOnlySpan<byte> group)
    {
        var members = new List<uint>();
        for (; group.Length >= GroupEntrySize; group = group[GroupEntrySize..])
        {
            members.Add(MemoryMarshal.Read<uint>(group));
        }

        return members;
    }

    private sealed record NextHop(int Interface, InternetAddress? Gateway, bool IsBlackhole, List<uint> Members);
}
