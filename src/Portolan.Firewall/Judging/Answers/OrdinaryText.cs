using System.Buffers.Binary;
using System.Globalization;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Pipeline;
using Portolan.Packets;

namespace Portolan.Firewall.Judging.Answers;

/// <summary>Says how packets stand to those of an ordinary client: by what they are none of them, or only a part of them.</summary>
internal sealed class OrdinaryText
{
    private const int MaximumIntervals = 3;
    private const uint DontFragment = 0x4000;

    // Those that an ordinary client sends or not.
    private static readonly (uint Bit, string Name)[] Options =
        [(TcpOptionBits.WindowScale, "window scale"), (TcpOptionBits.SackPermitted, "SACK permitted"),
            (TcpOptionBits.Timestamps, "timestamps")];

    private static readonly PacketField[] Fields = [
        PacketField.SourcePort,
        .. Enumerable.Range((int)PacketField.TrafficClass, PacketField.EtherSource - PacketField.TrafficClass + 1).Select(
            static f => (PacketField)f)];

    private readonly List<(PacketField Field, IntervalSet Ordinary)> _limits = [];
    private readonly QueryStart _start;
    private readonly bool _isIPv4;

    /// <summary>Text about the packets of a query. What the query fixes is taken for ordinary.</summary>
    public OrdinaryText(FlowQuery query, QueryStart start, FlowRun run)
    {
        (_start, _isIPv4) = (start, run.Context.IsIPv4);
        if (!IsOpening(query))
        {
            return;
        }

        foreach (var field in Fields)
        {
            var isFixed = field == PacketField.SourcePort
                ? query.SourcePorts is not null
                : field == PacketField.HopLimit && query.HopLimit is not null;
            if (!isFixed && OrdinaryClient.Opening(field, query.Protocol, _isIPv4) is { } ordinary)
            {
                _limits.Add((field, ordinary));
            }
        }
    }

    /// <summary>What no ordinary client sends of them, in words: <c>source ports below 1024</c>; none where some are ordinary.</summary>
    public IReadOnlyList<string> Unusual(Cube cube)
    {
        List<string>? result = null;
        foreach (var (field, ordinary) in _limits)
        {
            var set = cube[field];
            if (!ReferenceEquals(set, AllOf(field)) && !set.Overlaps(ordinary))
            {
                (result ??= []).Add(Many(field, set));
            }
        }

        return result ?? (IReadOnlyList<string>)[];
    }

    /// <summary>What splits the packets of an ordinary client: <c>source port 40000-50000</c>; none where they are not.</summary>
    public IReadOnlyList<PacketPart> Parts(Cube cube)
    {
        List<PacketPart>? result = null;
        foreach (var field in Fields)
        {
            var set = cube[field];
            if (ReferenceEquals(set, AllOf(field)))
            {
                continue;
            }

            var ordinary = _limits.Find(l => l.Field == field).Ordinary ?? (field == PacketField.SourcePort ? null : AllOf(field));
            if (ordinary is not null && !ordinary.Except(set).IsEmpty)
            {
                var (inside, outside) = (set.Intersect(ordinary), ordinary.Except(set));
                (result ??= []).Add(new PacketPart(Noun(field), Which(field, inside, outside)));
            }
        }

        return result ?? (IReadOnlyList<PacketPart>)[];
    }

    private IntervalSet AllOf(PacketField field) => field == PacketField.SourcePort ? _start.AllSourcePorts : _start.Open(field);

    // A first packet: rules that are asked about others are asked about no client.
    private static bool IsOpening(FlowQuery query) => query is { State: ConnectionState.New, IsAnswer: false }
        && (query.Protocol != 6 || query.TcpFlags == 0x02) && query.Protocol is 6 or 17 or 132 or 136 or 33;

    private string Many(PacketField field, IntervalSet set)
    {
        var all = AllOf(field);
        var (first, last) = (set.Intervals[0].First, set.Intervals[^1].Last);
        var isBelow = set.Count == 1 && (first == 0 || (field is PacketField.SourcePort or PacketField.HopLimit && first == 1));
        var isAbove = set.Count == 1 && last == all.Intervals[^1].Last;
        switch (field)
        {
            case PacketField.SourcePort:
                return isBelow
                    ? Say($"source ports below {last + 1}")
                    : first == last ? Say($"packets from source port {first}") : $"source ports {Text(set)}";
            case PacketField.TotalLength or PacketField.PayloadLength or PacketField.UdpLength:
                return isAbove
                    ? Say($"packets of more than {first - 1} bytes{Of(field)}")
                    : isBelow ? Say($"packets of fewer than {last + 1} bytes{Of(field)}") : $"packets of {Text(set)} bytes{Of(field)}";
            case PacketField.TcpSegmentSize:
                return isBelow
                    ? Say($"segments with an MSS below {last + 1}")
                    : isAbove ? Say($"segments with an MSS above {first - 1}") : $"segments with an MSS of {Text(set)}";
            case PacketField.HopLimit:
                return isBelow ? Say($"packets with a {Noun(field)} below {last + 1}") : $"packets with a {Noun(field)} of {Text(set)}";
            case PacketField.TcpOptions:
                return set.Overlaps(Odd) ? "segments with unusual TCP options" : "segments without an MSS option";
            case PacketField.TcpWindow:
                return isBelow ? Say($"segments with a window below {last + 1}") : $"segments with a window of {Text(set)}";
            default:
                return $"packets with an unusual {Noun(field)} ({Text(set)})";
        }
    }

    // The masks with the bit of the MSS option.
    private static IntervalSet Odd { get; } =
        IntervalSet.From(Enumerable.Range(0, 128).Select(static half => new Interval((uint)(half * 2) + 1, (uint)(half * 2) + 1)));

    private static string Of(PacketField field) => field switch
    {
        PacketField.PayloadLength => " behind the header of IPv6",
        PacketField.UdpLength => " of UDP",
        _ => "",
    };

    private string Noun(PacketField field) => field switch
    {
        PacketField.SourcePort => "source port",
        PacketField.TrafficClass => "type of service",
        PacketField.HopLimit => _isIPv4 ? "TTL" : "hop limit",
        PacketField.TotalLength => "length",
        PacketField.PayloadLength => "payload length",
        PacketField.UdpLength => "UDP length",
        PacketField.Identification => "IP identification",
        PacketField.Fragmentation => "don't-fragment flag",
        PacketField.FlowLabel => "flow label",
        PacketField.TcpSequence => "sequence number",
        PacketField.TcpAcknowledgment => "acknowledgment number",
        PacketField.TcpOffset => "data offset",
        PacketField.TcpWindow => "window",
        PacketField.TcpUrgent => "urgent pointer",
        PacketField.TcpOptions => "TCP options",
        PacketField.TcpSegmentSize => "MSS",
        PacketField.SctpTag => "verification tag",
        PacketField.EtherSource => "link address",
        _ => field.ToString(),
    };

    private static string Which(PacketField field, IntervalSet inside, IntervalSet outside) => field switch
    {
        PacketField.TcpOptions when OptionsText(inside) is { } text => text,
        PacketField.TcpOptions =>
            outside.Count < inside.Count && OptionsText(outside) is { } other ? $"other than {other}" : "in some combinations",
        PacketField.Fragmentation when inside.Equals(IntervalSet.Of(DontFragment)) => "set",
        PacketField.Fragmentation when outside.Equals(IntervalSet.Of(DontFragment)) => "not set",
        PacketField.EtherSource => outside.Count < inside.Count ? $"other than {Text(outside, LinkAddress)}" : Text(inside, LinkAddress),
        _ => outside.Count < inside.Count ? $"other than {Text(outside)}" : Text(inside),
    };

    // What all of these sets of options have in common, and no other set does.
    private static string? OptionsText(IntervalSet masks)
    {
        var all = Masks(masks).ToList();
        if (all.Count == 0)
        {
            return null;
        }

        var (with, without) = (all.Aggregate(static (a, b) => a & b), all.Aggregate(static (a, b) => a | b));
        var words = new List<string>();
        var free = 0;
        foreach (var (bit, name) in Options)
        {
            var word = (with & bit) != 0 ? $"with {name}" : (without & bit) == 0 ? $"without {name}" : null;
            free += word is null ? 1 : 0;
            if (word is not null)
            {
                words.Add(word);
            }
        }

        return words.Count > 0 && all.Count == 1 << free ? string.Join(" and ", words) : null;
    }

    private static IEnumerable<uint> Masks(IntervalSet set)
    {
        for (uint mask = 0; mask <= byte.MaxValue; mask++)
        {
            if (set.Contains(mask))
            {
                yield return mask;
            }
        }
    }

    private static string LinkAddress(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return MacAddress.FromBytes(bytes[10..]).ToString();
    }

    private static string Number(UInt128 value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(IntervalSet set) => Text(set, Number);

    private static string Text(IntervalSet set, Func<UInt128, string> write)
    {
        var parts = new List<string>();
        foreach (var interval in set.Intervals)
        {
            if (parts.Count == MaximumIntervals)
            {
                parts.Add("…");
                break;
            }

            parts.Add(interval.First == interval.Last ? write(interval.First) : $"{write(interval.First)}-{write(interval.Last)}");
        }

        return string.Join(", ", parts);
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
