using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Cli.Lookup;

/// <summary>Says on stderr what was not found, and what the person may have meant.</summary>
internal sealed class LookupMisses(TextWriter error, ServiceRegistry services)
{
    /// <summary>A question that no entry answers. A single port has its answer on stdout: it is unassigned.</summary>
    public void Report(PortQuery query)
    {
        var suffix = query.Protocol is { } protocol ? $" for {protocol.Name()}" : "";
        switch (query.Kind)
        {
            case PortQueryKind.Port:
                break;
            case PortQueryKind.Range:
                Say(
                    $"IANA assigns no port of {query.Ports}{suffix}",
                    query.Ports.First.Category == PortCategory.Dynamic
                        ? Advice.Of($"ports from 49152 are Dynamic: IANA never assigns them")
                        : null);
                break;
            case PortQueryKind.Prefix:
                Say($"no service name starts with '{query.Text}'{suffix}", Nearest(query.Text) ?? SearchHint(query.Text));
                break;
            default:
                ReportName(query, suffix);
                break;
        }
    }

    /// <summary>A search without a hit.</summary>
    public void ReportSearch(string text, TransportProtocol? protocol) =>
        Say($"no registry entry contains '{text}'{(protocol is { } one ? $" for {one.Name()}" : "")}", Nearest(text));

    private void ReportName(PortQuery query, string suffix)
    {
        var elsewhere = query.Protocol is null
            ? []
            : services.FindByName(query.Text).Select(e => $"{e.Ports}/{e.Protocol.Name()}").ToList();
        if (elsewhere.Count > 0)
        {
            Say($"no service is called '{query.Text}'{suffix}", Advice.Of($"{query.Text} is {Advice.List(elsewhere)}"));
            return;
        }

        if (EverydayNames.Find(query.Text) is { } official)
        {
            Say($"no service is called '{query.Text}'{suffix}", Advice.Of($"IANA calls it {official}: run portolan port {official}"));
            return;
        }

        var longer = query.Text.Length >= 3 ? services.FindByPrefix(query.Text).Count : 0;
        Say(
            $"no service is called '{query.Text}'{suffix}",
            Nearest(query.Text),
            longer > 0 ? Advice.Of($"run portolan port {query.Text + "*"} for names that start with it") : SearchHint(query.Text));
    }

    private Advice? Nearest(string text) =>
        NearestWord.Find(text, services.Names()) is { } nearest ? Advice.Of($"did you mean {nearest}?") : null;

    private static Advice SearchHint(string text) => $"run portolan port {Advice.Option("--search", text)} to search descriptions too";

    private void Say(string message, params ReadOnlySpan<Advice?> hints)
    {
        error.WriteLine($"portolan: {TerminalText.Escape(message)}");
        foreach (var hint in hints)
        {
            if (hint is not null)
            {
                error.WriteLine(hint.ToHint());
            }
        }
    }
}
