using System.Globalization;
using System.Runtime.InteropServices;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Reviewing;

/// <summary>The destination ports that a rule speaks of, by what its own matches say.</summary>
internal sealed class RulePorts(TableConditions table, WorkBudget work)
{
    private static readonly byte[] WithPorts = [6, 17, 33, 132, 136];

    /// <summary>The ports, in order; none for a rule that asks for no port, or for all but some.</summary>
    public IReadOnlyList<RulePort> Of(Rule rule)
    {
        var conditions = table.Of(rule);
        var ports = new List<(ushort First, ushort Last)>();
        if (conditions.All.TryGetValue(ConditionKey.Payload(PayloadBase.Transport, 2), out var values) && values.Bits == 16)
        {
            Add(ports, values.Values.Intervals.ToArray());
        }
        else if (conditions.All.TryGetValue(ConditionKey.Payload(PayloadBase.Transport, 0), out var both) && both.Bits == 32)
        {
            // Both ports in one comparison.
            foreach (var interval in both.Values.Intervals)
            {
                if (interval.First == interval.Last)
                {
                    ports.Add(((ushort)interval.First, (ushort)interval.First));
                }
            }
        }

        if (!work.IsUsedUp)
        {
            AddLookups(rule, ports);
            work.Take(ports.Count);
        }

        foreach (var expression in rule.Expressions)
        {
            if (expression is XtMatchExpression { Match: { } match })
            {
                Add(ports, match);
            }
        }

        // A rule for every port but one is a rule for no port in particular.
        if (ports.Count == 0 || ports.Sum(p => p.Last - p.First + 1) > 60_000)
        {
            return [];
        }

        var protocols = Protocols(conditions, rule);
        return [.. ports.Distinct().Order().SelectMany(p => protocols.Select(protocol => new RulePort(protocol, p.First, p.Last)))];
    }

    // Ports as keys of maps, and as parts of concatenated keys.
    private void AddLookups(Rule rule, List<(ushort First, ushort Last)> ports)
    {
        var portWord = -1;
        foreach (var expression in rule.Expressions)
        {
            if (expression is PayloadExpression { Base: PayloadBase.Transport, Offset: 2, Length: 2 } payload)
            {
                portWord = payload.Destination.Word;
            }
            else if (expression is LookupExpression { Inverted: false } lookup && portWord >= lookup.Source.Word
                && table.FindSet(lookup.SetName) is { } set && (portWord - lookup.Source.Word) * 4 is var at && at + 2 <= set.KeyLength
                && (set.KeyLength > 2 || lookup.Destination is not null))
            {
                AddElements(set, at, ports);
            }
        }
    }

    private static void AddElements(ElementSet set, int at, List<(ushort First, ushort Last)> ports)
    {
        var isSimpleInterval = set.Flags.HasFlag(SetFlags.Interval) && set.Fields.Count == 0;
        if (isSimpleInterval && set.KeyLength == 2)
        {
            Add(ports, CollectionsMarshal.AsSpan(SetValues.Intervals(set, 16)));
            return;
        }

        foreach (var element in set.Elements)
        {
            if (element.Key.Length >= at + 2)
            {
                var first = (ushort)ByteText.Number(element.Key.Span.Slice(at, 2));
                ports.Add((first, element.KeyEnd.Length >= at + 2 ? (ushort)ByteText.Number(element.KeyEnd.Span.Slice(at, 2)) : first));
            }
        }
    }

    private static void Add(List<(ushort First, ushort Last)> ports, ReadOnlySpan<Interval> values)
    {
        foreach (var interval in values)
        {
            ports.Add(((ushort)interval.First, (ushort)interval.Last));
        }
    }

    private static void Add(List<(ushort First, ushort Last)> ports, XtMatch match)
    {
        switch (match)
        {
            case TcpMatch { Destination: { IsAny: false, IsInverted: false } span }:
                ports.Add((span.First, span.Last));
                break;
            case UdpMatch { Destination: { IsAny: false, IsInverted: false } span }:
                ports.Add((span.First, span.Last));
                break;
            case MultiportMatch { IsInverted: false, Field: not MultiportField.Source } multiport:
                ports.AddRange(multiport.Ports.Select(p => (p.First, p.Last)));
                break;
            case ConntrackMatch conntrack
                when conntrack.Tests.HasFlag(ConnectionTests.OriginalDestinationPort)
                    && !conntrack.Inverted.HasFlag(ConnectionTests.OriginalDestinationPort):
                ports.Add((conntrack.OriginalDestinationPort.First, conntrack.OriginalDestinationPort.Last));
                break;
            default:
                break;
        }
    }

    private static List<byte?> Protocols(RuleConditions conditions, Rule rule)
    {
        foreach (var key in new[] { ConditionKey.Meta(MetaKey.TransportProtocol, 8), ConditionKey.Payload(PayloadBase.Network, 9),
            ConditionKey.Payload(PayloadBase.Network, 6) })
        {
            if (conditions.All.TryGetValue(key, out var values) && values.Bits == 8)
            {
                var named = WithPorts.Where(p => values.Values.Contains(p)).Select(p => (byte?)p).ToList();
                if (named.Count is > 0 and < 5)
                {
                    return named;
                }
            }
        }

        foreach (var expression in rule.Expressions)
        {
            if (expression is IpHeaderMatchExpression { Protocol: not 0, ProtocolInverted: false } header)
            {
                return [(byte)header.Protocol];
            }

            if (expression is XtMatchExpression { Match: TcpMatch })
            {
                return [6];
            }

            if (expression is XtMatchExpression { Match: UdpMatch })
            {
                return [17];
            }
        }

        return [null];
    }
}

/// <summary>Ports of a protocol.</summary>
/// <param name="Protocol">Protocol number; <c>null</c> for any that has ports.</param>
/// <param name="First">First port.</param>
/// <param name="Last">Last port.</param>
public readonly record struct RulePort(byte? Protocol, ushort First, ushort Last)
{
    /// <summary>The protocol by its name, or by its number where it has none here; <c>null</c> for any.</summary>
    public string? ProtocolName => Protocol is { } number ? NameOf(number) : null;

    /// <summary>A protocol with ports by its name, or by its number where it has none here.</summary>
    public static string NameOf(byte protocol) => protocol switch
    {
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        132 => "sctp",
        136 => "udplite",
        _ => protocol.ToString(CultureInfo.InvariantCulture),
    };
}
