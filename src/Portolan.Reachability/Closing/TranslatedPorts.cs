using System.Buffers.Binary;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Reachability.Closing;

/// <summary>
/// Ports that nothing listens on here and that work all the same: their destination is translated, as for published ports of containers.
/// </summary>
/// <remarks>Ports that tables with translations name anywhere are candidates; which of them are translated says the judge.</remarks>
public static class TranslatedPorts
{
    /// <summary>More candidates than this are not asked for: a rule for so many ports is not a published port.</summary>
    public const int MostCandidates = 4096;

    /// <summary>Finds them.</summary>
    /// <param name="rules">All rules.</param>
    /// <param name="host">The machine's routing.</param>
    /// <param name="judge">Judges flows.</param>
    /// <param name="isComplete">Whether all candidates were asked for.</param>
    public static IReadOnlyList<(TransportProtocol Protocol, PortNumber Port)> Find(
        Ruleset rules, HostFacts host, Func<Ruleset, HostFacts, FlowQuery, FlowAnswer> judge, out bool isComplete)
    {
        var candidates = new PortSet();
        isComplete = true;
        foreach (var table in rules.Tables.Where(IsTranslating))
        {
            foreach (var expression in table.Chains.SelectMany(c => c.Rules).SelectMany(r => r.Expressions))
            {
                Add(candidates, expression);
            }

            foreach (var set in table.Sets)
            {
                AddKeys(candidates, set);
            }
        }

        candidates.Remove(PortNumber.Zero);
        var found = new List<(TransportProtocol, PortNumber)>();
        if (candidates.Count > MostCandidates)
        {
            isComplete = false;
            return found;
        }

        foreach (var port in candidates)
        {
            foreach (var protocol in RuleScope.UsualProtocols)
            {
                if (IsTranslated(true, protocol, port) || IsTranslated(false, protocol, port))
                {
                    found.Add((protocol, port));
                }
            }
        }

        return found;

        bool IsTranslated(bool isIPv4, TransportProtocol protocol, PortNumber port) => judge(rules, host, new FlowQuery
        {
            Direction = FlowDirection.Inbound,
            IsIPv4 = isIPv4,
            Protocol = (byte)protocol,
            DestinationPort = port.Value,
            WithReplies = false,
        }).Regions.Any(r => r.Outcome.Translation is not null);
    }

    private static bool IsTranslating(RuleTable table) => table.Chains.Any(c =>
        c.Hook is { Type: "nat", Point: HookPoint.Prerouting }
            || (table.IsLegacy && table.Name == "nat" && c.Hook?.Point == HookPoint.Prerouting));

    private static void Add(PortSet ports, Expression expression)
    {
        switch (expression)
        {
            case CompareExpression { Data.Length: sizeof(ushort) } compare:
                ports.Add(Port(compare.Data));
                break;
            case RangeExpression { Inverted: false, From.Length: sizeof(ushort), To.Length: sizeof(ushort) } range:
                AddSpan(ports, Port(range.From), Port(range.To));
                break;
            case XtMatchExpression { Match: TcpMatch tcp }:
                AddSpan(ports, tcp.Destination);
                break;
            case XtMatchExpression { Match: UdpMatch udp }:
                AddSpan(ports, udp.Destination);
                break;
            case XtMatchExpression { Match: MultiportMatch { IsInverted: false } multiport }:
                foreach (var span in multiport.Ports)
                {
                    AddSpan(ports, span);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>Keys of ports, alone or as a part of a concatenation, which is padded to four bytes.</summary>
    private static void AddKeys(PortSet ports, ElementSet set)
    {
        foreach (var element in set.Elements)
        {
            for (var offset = 0; offset + sizeof(ushort) <= element.Key.Length; offset += 4)
            {
                ports.Add(Port(element.Key[offset..]));
            }
        }
    }

    private static void AddSpan(PortSet ports, PortSpan span)
    {
        // Every port is what a match without ports says.
        if (!span.IsInverted && span is not { First: 0, Last: ushort.MaxValue })
        {
            AddSpan(ports, new PortNumber(span.First), new PortNumber(span.Last));
        }
    }

    private static void AddSpan(PortSet ports, PortNumber first, PortNumber last)
    {
        if (first <= last)
        {
            ports.Add(new PortRange(first, last));
        }
    }

    private static PortNumber Port(ReadOnlyMemory<byte> bytes) => new(BinaryPrimitives.ReadUInt16BigEndian(bytes.Span));
}
