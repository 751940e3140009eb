namespace Portolan.Lab.Topology.Reading;

/// <summary>Reads links between routers.</summary>
internal static class LinkReader
{
    /// <summary>The most phrases of shaping of a topology; each has a set of ports of 8 KiB.</summary>
    public const int MostClasses = 10_000;

    /// <summary>Reads all links; anything wrong is a fault.</summary>
    public static IReadOnlyList<LinkSpec> Read(MapReader top, IReadOnlyList<RouterSpec> routers, FaultList faults)
    {
        var names = routers.Select(r => r.Name).ToHashSet(StringComparer.Ordinal);
        var links = new List<LinkSpec>();
        var classes = 0;
        var seen = new HashSet<(string, string)>();
        foreach (var item in top.Items("links"))
        {
            if (MapReader.Open(item, "a link", faults, ["between", "shaping", .. NetworkReader.QualityKeys]) is not { } reader)
            {
                continue;
            }

            var shaping = new List<ShapingClass>();
            foreach (var entry in reader.Items("shaping"))
            {
                if (++classes > MostClasses)
                {
                    faults.Error(entry, "more than 10,000 phrases of shaping", $"write ports of one priority together");
                    return links;
                }

                if (MapReader.One(entry, "shaping", faults) is { } phrase && RouterPhrases.ReadShaping(phrase, faults) is { } one)
                {
                    shaping.Add(one);
                }
            }

            var quality = NetworkReader.ReadQuality(reader, 576);
            if (shaping.Count > 0 && quality.Bandwidth == 0 && reader.Node("bandwidth") is null)
            {
                faults.Warn(
                    reader.Map, "shaping has no effect on a link without a bandwidth: nothing waits there", $"add bandwidth: 2Mbit");
            }

            if (ReadEnds(reader, names, faults) is not ({ } first, { } second))
            {
                continue;
            }

            if (!seen.Add((first, second)) || seen.Contains((second, first)))
            {
                faults.Error(
                    reader.Map, $"{FaultList.Quote(first)} and {FaultList.Quote(second)} have a link already",
                    $"two routers have one link at most");
            }

            links.Add(new LinkSpec(first, second, quality) { Shaping = shaping });
        }

        return links;
    }

    private static (string First, string Second)? ReadEnds(MapReader reader, HashSet<string> routers, FaultList faults)
    {
        if (reader.Node("between") is not TreeList { Items.Count: 2 } list)
        {
            faults.Error(reader.Node("between") ?? reader.Map, "a link is between two routers", $"write between: [gateway, core]");
            return null;
        }

        var ends = new List<string>();
        foreach (var end in MapReader.OneOrMore(list, "between", faults))
        {
            if (!routers.Contains(end.Text))
            {
                faults.Unknown(end, "no router is named", end.Text, routers);
            }
            else if (ends.Contains(end.Text, StringComparer.Ordinal))
            {
                faults.Error(end, "a link leads from a router to another", $"write between: [gateway, core]");
            }
            else
            {
                ends.Add(end.Text);
            }
        }

        return ends.Count == 2 ? (ends[0], ends[1]) : null;
    }
}
