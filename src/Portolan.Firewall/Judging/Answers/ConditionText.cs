using System.Globalization;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Pipeline;

namespace Portolan.Firewall.Judging.Answers;

/// <summary>Says in nft's words what else than addresses, source ports and interfaces sets packets apart.</summary>
internal static class ConditionText
{
    private const int MaximumIntervals = 16;

    /// <summary>The conditions; none where the packets may be anything else.</summary>
    public static IReadOnlyList<string> Of(Cube cube, QueryStart start, bool isIPv4)
    {
        List<string>? result = null;
        for (var field = PacketField.TrafficClass; field <= PacketField.EtherSource; field++)
        {
            var (set, all) = (cube[field], start.Open(field));
            if (ReferenceEquals(set, all) || set.Equals(all))
            {
                continue;
            }

            var others = all.Except(set);
            var text = others.Count < set.Count ? $"{NameOf(field, isIPv4)} != {Text(others)}" : $"{NameOf(field, isIPv4)} {Text(set)}";
            (result ??= []).Add(text);
        }

        return result ?? (IReadOnlyList<string>)[];
    }

    /// <summary>The same as numbers.</summary>
    public static Dictionary<HeaderField, IntervalSet>? HeadersOf(Cube cube, QueryStart start)
    {
        Dictionary<HeaderField, IntervalSet>? result = null;
        for (var field = PacketField.TrafficClass; field <= PacketField.EtherSource; field++)
        {
            var (set, all) = (cube[field], start.Open(field));
            if (!ReferenceEquals(set, all) && !set.Equals(all))
            {
                (result ??= []).Add((HeaderField)(field - PacketField.TrafficClass), set);
            }
        }

        return result;
    }

    private static string Text(IntervalSet set)
    {
        var parts = new List<string>();
        foreach (var interval in set.Intervals)
        {
            if (parts.Count == MaximumIntervals)
            {
                parts.Add("…");
                break;
            }

            parts.Add(interval.First == interval.Last
                ? interval.First.ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{interval.First}-{interval.Last}"));
        }

        return parts.Count == 1 ? parts[0] : $"{{ {string.Join(", ", parts)} }}";
    }

    private static string NameOf(PacketField field, bool isIPv4) => field switch
    {
        PacketField.TrafficClass => isIPv4 ? "@nh,8,8" : "@nh,4,8",
        PacketField.HopLimit => isIPv4 ? "ip ttl" : "ip6 hoplimit",
        PacketField.TotalLength => "meta length",
        PacketField.Identification => "ip id",
        PacketField.Fragmentation => "@nh,48,16",
        PacketField.FlowLabel => "ip6 flowlabel",
        PacketField.PayloadLength => "ip6 length",
        PacketField.TcpSequence => "tcp sequence",
        PacketField.TcpAcknowledgment => "tcp ackseq",
        PacketField.TcpOffset => "@th,96,8",
        PacketField.TcpWindow => "tcp window",
        PacketField.TcpUrgent => "tcp urgptr",
        PacketField.UdpLength => "udp length",
        PacketField.IcmpRest => "@th,32,32",
        PacketField.SctpTag => "sctp vtag",
        PacketField.TcpOptions => "tcp options",
        PacketField.TcpSegmentSize => "tcp option maxseg size",
        PacketField.EtherSource => "ether saddr",
        _ => field.ToString(),
    };
}
