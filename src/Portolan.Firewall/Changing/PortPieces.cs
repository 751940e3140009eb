using System.Buffers.Binary;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Changing;

/// <summary>Cuts a set of ports where rules may tell them apart, so that one port of each piece can be judged for all of it.</summary>
/// <remarks>
/// Every number of two bytes that a rule or a set holds may be a port: too many cuts do no harm. A mask over ports is not looked into, nor
/// a sum that a rule makes of them.
/// </remarks>
public static class PortPieces
{
    /// <summary>The pieces, in order.</summary>
    /// <param name="ports">The ports.</param>
    /// <param name="rules">The rules.</param>
    public static IReadOnlyList<PortRange> Of(PortSet ports, Ruleset rules)
    {
        var pieces = new List<PortRange>();
        if (ports.Ranges.All(r => r.First == r.Last))
        {
            pieces.AddRange(ports.Ranges);
            return pieces;
        }

        // Ports at which a piece begins.
        var starts = new PortSet();
        foreach (var table in rules.Tables)
        {
            foreach (var expression in table.Chains.SelectMany(c => c.Rules).SelectMany(r => r.Expressions))
            {
                Add(starts, expression);
            }

            foreach (var element in table.Sets.Where(MayHoldPorts).SelectMany(s => s.Elements))
            {
                AddWords(starts, element.Key);
                AddWords(starts, element.KeyEnd);
            }
        }

        foreach (var set in rules.IpSets)
        {
            foreach (var element in set.Elements ?? [])
            {
                AddSpan(starts, element.FirstPort, Math.Max(element.FirstPort, element.LastPort));
            }
        }

        foreach (var range in ports.Ranges)
        {
            var first = range.First;
            while (first < range.Last && starts.TryNext(new PortNumber((ushort)(first.Value + 1)), out var next) && next <= range.Last)
            {
                pieces.Add(new PortRange(first, new PortNumber((ushort)(next.Value - 1))));
                first = next;
            }

            pieces.Add(new PortRange(first, range.Last));
        }

        return pieces;
    }

    private static void Add(PortSet starts, Expression expression)
    {
        switch (expression)
        {
            case CompareExpression { Data.Length: 2 or 4 } compare:
                AddWords(starts, compare.Data);
                break;
            case RangeExpression { From.Length: 2 or 4 } range:
                AddWords(starts, range.From);
                AddWords(starts, range.To);
                break;
            case XtMatchExpression { Match: TcpMatch tcp }:
                AddSpan(starts, tcp.Destination.First, tcp.Destination.Last);
                break;
            case XtMatchExpression { Match: UdpMatch udp }:
                AddSpan(starts, udp.Destination.First, udp.Destination.Last);
                break;
            case XtMatchExpression { Match: MultiportMatch multiport }:
                foreach (var span in multiport.Ports)
                {
                    AddSpan(starts, span.First, span.Last);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>
    /// Whether the key is a port, or says that it has one among its parts, or does not say what it is (nft's types, six bits each).
    /// </summary>
    private static bool MayHoldPorts(ElementSet set)
    {
        const uint PortType = 13; // TYPE_INET_SERVICE
        if (set.KeyLength == sizeof(ushort) || (set.KeyType == 0 && set.KeyLength > 4))
        {
            return true;
        }

        for (var rest = set.KeyType; rest != 0; rest >>= 6)
        {
            if ((rest & 63) == PortType)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Two bytes anywhere at an even place: a port alone, behind another in one comparison, or as a part of a concatenated key.
    /// </summary>
    private static void AddWords(PortSet starts, ReadOnlyMemory<byte> data)
    {
        for (var offset = 0; offset + sizeof(ushort) <= data.Length; offset += sizeof(ushort))
        {
            var word = BinaryPrimitives.ReadUInt16BigEndian(data.Span[offset..]);
            AddSpan(starts, word, word);
        }
    }

    private static void AddSpan(PortSet starts, ushort first, ushort last)
    {
        starts.Add(new PortNumber(first));
        if (last < ushort.MaxValue)
        {
            starts.Add(new PortNumber((ushort)(last + 1)));
        }
    }
}
