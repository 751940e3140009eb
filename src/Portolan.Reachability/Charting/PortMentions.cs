using System.Buffers.Binary;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Matches;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Reachability.Charting;

/// <summary>The ports that rules about translated destinations name: those a machine may publish without listening itself.</summary>
/// <remarks>
/// Only names of ports to ask the judge about: one too many costs a question, and what is named in no such way is not found.
/// </remarks>
internal static class PortMentions
{
    /// <summary>The most ports of one range that are worth a question each.</summary>
    private const int WidestRange = 64;

    /// <summary>The most ports at all.</summary>
    internal const int Most = 512;

    /// <summary>The ports named in tables that translate destinations; <see cref="Most"/> where there may be more.</summary>
    internal static IReadOnlyCollection<ushort> InTranslations(Ruleset rules)
    {
        var ports = new SortedSet<ushort>();
        foreach (var table in rules.Tables)
        {
            if (table.Chains.Any(c => c.Hook is { Type: "nat", Point: HookPoint.Prerouting } || c.Rules.Any(HasProxy)))
            {
                var sets = new Dictionary<string, ElementSet>(StringComparer.Ordinal);
                foreach (var set in table.Sets)
                {
                    sets.TryAdd(set.Name, set);
                }

                foreach (var rule in table.Chains.SelectMany(c => c.Rules))
                {
                    Collect(rule, sets, ports);
                    if (ports.Count >= Most)
                    {
                        return ports;
                    }
                }
            }
        }

        return ports;
    }

    private static bool HasProxy(Rule rule) => rule.Expressions.Any(
        static e => e is TransparentProxyExpression or XtTargetExpression { Target: TransparentProxyTarget });

    private static void Collect(Rule rule, Dictionary<string, ElementSet> sets, SortedSet<ushort> ports)
    {
        var place = -1; // where in the registers the destination port lies, in bytes
        foreach (var expression in rule.Expressions)
        {
            switch (expression)
            {
                case PayloadExpression { Base: PayloadBase.Transport, Offset: 2, Length: 2 } port:
                    place = port.Destination.Word * 4;
                    break;
                case PayloadExpression { Base: PayloadBase.Transport, Offset: 0, Length: 4 } both:
                    place = (both.Destination.Word * 4) + 2;
                    break;
                case CompareExpression { Operation: CompareOperation.Equal } compare:
                    Add(compare.Data.Span, place - (compare.Source.Word * 4), ports);
                    break;
                case RangeExpression { Inverted: false } range
                    when place == range.Source.Word * 4 && range is { From.Length: 2, To.Length: 2 }:
                    AddRange(
                        BinaryPrimitives.ReadUInt16BigEndian(range.From.Span), BinaryPrimitives.ReadUInt16BigEndian(range.To.Span), ports);
                    break;
                case LookupExpression { Inverted: false } lookup when sets.TryGetValue(lookup.SetName, out var set):
                    foreach (var element in set.Elements)
                    {
                        if (ports.Count >= Most)
                        {
                            break;
                        }

                        if ((element.Flags & SetElementFlags.IntervalEnd) == 0)
                        {
                            Add(element.Key.Span, place - (lookup.Source.Word * 4), ports);
                        }
                    }

                    break;
                case XtMatchExpression { Match: TcpMatch tcp }:
                    AddRange(tcp.Destination.First, tcp.Destination.Last, ports);
                    break;
                case XtMatchExpression { Match: UdpMatch udp }:
                    AddRange(udp.Destination.First, udp.Destination.Last, ports);
                    break;
                case XtMatchExpression { Match: MultiportMatch { Field: not MultiportField.Source } multiport }:
                    foreach (var span in multiport.Ports)
                    {
                        AddRange(span.First, span.Last, ports);
                    }

                    break;
            }
        }
    }

    private static void Add(ReadOnlySpan<byte> key, int offset, SortedSet<ushort> ports)
    {
        if (offset >= 0 && offset + 2 <= key.Length)
        {
            Add(BinaryPrimitives.ReadUInt16BigEndian(key[offset..]), ports);
        }
    }

    private static void AddRange(ushort first, ushort last, SortedSet<ushort> ports)
    {
        for (int port = first; port <= last && last - first < WidestRange; port++)
        {
            Add((ushort)port, ports);
        }
    }

    private static void Add(ushort port, SortedSet<ushort> ports)
    {
        if (ports.Count < Most)
        {
            ports.Add(port);
        }
    }
}
