using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Elements of an ipset as boxes of fields.</summary>
internal static class IpSetBoxes
{
    /// <summary>The index, or <c>null</c> for a kind of set that is not evaluated.</summary>
    public static IKeyIndex? TryMake(IpSet set, SetReference reference, JudgeContext context)
    {
        var colon = set.TypeName.IndexOf(':', StringComparison.Ordinal);
        var words = colon < 0 ? [] : set.TypeName[(colon + 1)..].Split(',');
        if (words.Length == 0 || reference.Dimensions < words.Length)
        {
            return null;
        }

        if (words is ["ip" or "net"])
        {
            var field = reference.IsSource(0) ? PacketField.SourceAddress : PacketField.DestinationAddress;
            return new WholeIndex(field, Addresses(set));
        }

        return set.Elements!.Any(static element => element.IsException) ? null : Boxes(set, words, reference, context);
    }

    // The most specific network decides, be it in or out.
    private static IntervalSet Addresses(IpSet set)
    {
        var plain = new List<Interval>();
        var hasExceptions = false;
        foreach (var element in set.Elements!)
        {
            hasExceptions |= element.IsException;
            plain.Add(Span(element.First, element.Last));
        }

        if (!hasExceptions)
        {
            return IntervalSet.From(plain);
        }

        var result = IntervalSet.Empty;
        foreach (var element in set.Elements!.OrderByDescending(static e => Span(e.First, e.Last) is var span ? span.Last - span.First : 0))
        {
            var span = Span(element.First, element.Last);
            var part = IntervalSet.Of(span.First, span.Last);
            result = element.IsException ? result.Except(part) : result.Union(part);
        }

        return result;
    }

    private static Interval Span(InternetAddress? first, InternetAddress? last) =>
        first is { } start ? new Interval(start.Number, (last ?? start).Number) : new Interval(1, 0);

    private static BoxIndex? Boxes(IpSet set, string[] words, SetReference reference, JudgeContext context)
    {
        var fields = new PacketField[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            var isSource = reference.IsSource(i);
            switch (words[i])
            {
                case "ip" or "net":
                    fields[i] = isSource ? PacketField.SourceAddress : PacketField.DestinationAddress;
                    break;
                case "port" when context.Protocol is 6 or 17 or 132 or 136:
                    fields[i] = isSource ? PacketField.SourcePort : PacketField.DestinationPort;
                    break;
                case "iface":
                    fields[i] = isSource ? PacketField.InputInterface : PacketField.OutputInterface;
                    break;
                default:
                    return null;
            }
        }

        if (fields.Distinct().Count() != fields.Length)
        {
            return null;
        }

        var boxes = new List<Interval>();
        foreach (var element in set.Elements!)
        {
            // The port of another protocol is another key.
            if (words.Contains("port") && element.Protocol != 0 && element.Protocol != context.Protocol)
            {
                continue;
            }

            if (!TryAdd(element, words, context, boxes))
            {
                return null;
            }
        }

        return new BoxIndex(fields, [.. boxes], new int[boxes.Count / fields.Length], JudgeContext.MaximumParts);
    }

    private static bool TryAdd(IpSetElement element, string[] words, JudgeContext context, List<Interval> boxes)
    {
        var box = new Interval[words.Length];
        var isSecond = false;
        for (var i = 0; i < words.Length; i++)
        {
            switch (words[i])
            {
                case "port":
                    box[i] = new Interval(element.FirstPort, element.LastPort);
                    break;
                case "iface":
                    if (element.IsInterfacePrefix || element.Interface is not { } name)
                    {
                        return false;
                    }

                    var index = context.Interfaces.Interfaces.FirstOrDefault(candidate => candidate.Name == name)?.Index;
                    if (index is null)
                    {
                        return true;
                    }

                    box[i] = new Interval((uint)index, (uint)index);
                    break;
                default:
                    box[i] = isSecond ? Span(element.SecondFirst, element.SecondLast) : Span(element.First, element.Last);
                    isSecond = true;
                    break;
            }
        }

        boxes.AddRange(box);
        return true;
    }
}
