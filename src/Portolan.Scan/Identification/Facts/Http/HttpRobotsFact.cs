using System.Text;
using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>What crawlers are not to look at (<c>/robots.txt</c>, RFC 9309). None of it is asked for.</summary>
internal sealed class HttpRobotsFact() : HttpFact("http-robots.txt", "what /robots.txt disallows; none of it is requested")
{
    private const int MostEntries = 64;
    private const int MostShown = 15;

    private static readonly ServiceProbe Robots = new("HTTP GET /robots.txt", static target => HttpProtocol.Request(target, "/robots.txt"));

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Robots];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context) =>
        await context.Pages.AskAsync(context, Robots, "/robots.txt") is { Status: 200 } page ? Describe(page.Body.Span) : null;

    private Fact? Describe(ReadOnlySpan<byte> rest)
    {
        var entries = new List<string>();
        var all = 0;
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (ReplyText.Begins(line, "Disallow:"u8) && ReplyText.Of(line["Disallow:"u8.Length..]) is { } path && !entries.Contains(path))
            {
                all++;
                if (entries.Count < MostEntries)
                {
                    entries.Add(path);
                }
            }
        }

        if (entries.Count == 0)
        {
            return null;
        }

        var shown = all > MostShown ? FormattableString.Invariant($" ({MostShown} shown)") : "";
        var text = new StringBuilder(FormattableString.Invariant($"{all} disallowed entr{(all == 1 ? "y" : "ies")}{shown} \n"));
        text.AppendJoin(' ', entries.Take(MostShown));
        return Fact.Of(Id, [FactField.Of("count", all), FactField.List("disallowed", entries)], text.ToString());
    }
}
