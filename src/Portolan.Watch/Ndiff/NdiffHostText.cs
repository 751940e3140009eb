using System.Globalization;

namespace Portolan.Watch.Ndiff;

/// <summary>The differences of a host, as ndiff writes them.</summary>
internal static class NdiffHostText
{
    /// <summary>Writes them; nothing where nothing differs.</summary>
    public static void Write(Utf8Writer writer, NdiffHost a, NdiffHost b)
    {
        var hasOtherId = !a.Addresses.SetEquals(b.Addresses) || !a.Names.SetEquals(b.Names);
        var hasOtherExtra = !a.Extra.SequenceEqual(b.Extra);
        var hasOtherSystems = !a.Systems.SequenceEqual(b.Systems, StringComparer.Ordinal);
        var table = PortsOf(a, b);
        if (!hasOtherId && a.State == b.State && !hasOtherExtra && !hasOtherSystems && table is null
            && NdiffText.ScriptPairs(a.Scripts, b.Scripts).Count == 0)
        {
            return;
        }

        writer.WriteLine();
        if (hasOtherId)
        {
            WriteLine(writer, '-', a.State is null ? null : $"{a.Title}:");
            WriteLine(writer, '+', b.State is null ? null : $"{b.Title}:");
        }
        else
        {
            WriteLine(writer, ' ', $"{a.Title}:");
        }

        if (a.State != b.State)
        {
            WriteLine(writer, '-', a.State is null ? null : $"Host is {a.State}.");
            WriteLine(writer, '+', b.State is null ? null : $"Host is {b.State}.");
        }

        if (hasOtherExtra)
        {
            WriteLine(writer, '-', ExtraOf(a));
            WriteLine(writer, '+', ExtraOf(b));
        }

        table?.Write(writer);
        if (hasOtherSystems)
        {
            WriteLine(writer, b.Systems.Count == 0 ? '-' : a.Systems.Count == 0 ? '+' : ' ', "OS details:");
            foreach (var (mark, line) in SequenceDiff.Lines(a.Systems, b.Systems))
            {
                WriteLine(writer, mark, $"  {line}");
            }
        }

        NdiffText.WriteScripts(writer, "Host script results", a.Scripts, b.Scripts);
    }

    private static void WriteLine(Utf8Writer writer, char mark, string? text)
    {
        if (text is not null)
        {
            NdiffText.Line(writer, $"{mark}{text}");
        }
    }

    private static string? ExtraOf(NdiffHost host)
    {
        List<(long Count, string State)> extra = [.. host.Extra.Select(static e => (e.Count, e.State))];
        extra.Sort(static (x, y) => x.Count != y.Count ? y.Count.CompareTo(x.Count) : string.CompareOrdinal(y.State, x.State));
        return extra.Count == 0
            ? null
            : "Not shown: " + string.Join(
                ", ", extra.Select(static e => string.Create(CultureInfo.InvariantCulture, $"{e.Count} {e.State} ports")));
    }

    private static NdiffTable? PortsOf(NdiffHost a, NdiffHost b)
    {
        NdiffTable? table = null;
        var names = new SortedSet<(int Number, string Protocol)>(a.Ports.Comparer);
        names.UnionWith(a.Ports.Keys);
        names.UnionWith(b.Ports.Keys);
        foreach (var name in names)
        {
            var before = a.Ports.TryGetValue(name, out var known) ? known : new NdiffPort();
            var after = b.Ports.TryGetValue(name, out known) ? known : new NdiffPort();
            var scripts = NdiffText.ScriptPairs(before.Scripts, after.Scripts);
            if ((a.IsExtra(before.State) && b.IsExtra(after.State))
                || (before.State == after.State && before.IsSameService(after) && scripts.Count == 0))
            {
                continue;
            }

            table ??= new NdiffTable(a.State is null ? "+" : b.State is null ? "-" : " ");
            var port = string.Create(CultureInfo.InvariantCulture, $"{name.Number}/{name.Protocol}");
            table.Add(port, before, after, !a.IsExtra(before.State), !b.IsExtra(after.State));
            foreach (var (scriptA, scriptB) in scripts)
            {
                NdiffText.AddScript(table.Begin(), scriptA, scriptB);
            }
        }

        return table;
    }
}
