using System.Globalization;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;

namespace Portolan.Cli.Help;

/// <summary>The part of docs/identify.md that is made from the protocols: their ports, and every byte that they send.</summary>
public static class ProbePage
{
    /// <summary>The line under which the part stands, up to the end of the page.</summary>
    public const string Marker = "<!-- From here on written by scripts/docs from the protocols in src/Portolan.Scan/Identification. -->";

    private const string ExampleName = "example.test";
    private const int BytesPerLine = 24;
    private const int LongestRun = 32;

    /// <summary>A page with the part anew.</summary>
    /// <param name="page">The page as it is.</param>
    public static string Renew(string page)
    {
        ArgumentNullException.ThrowIfNull(page);
        var at = page.IndexOf(Marker, StringComparison.Ordinal);
        return $"{(at < 0 ? page : page[..at])}{Marker}\n\n{Render()}";
    }

    /// <summary>The part.</summary>
    public static string Render()
    {
        var page = new StringBuilder();
        foreach (var transport in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            var word = transport.ToString().ToUpperInvariant();
            page.Append(
                CultureInfo.InvariantCulture,
                $"## Protocols over {word}\n\n| protocol | its ports | inside TLS | tried elsewhere from intensity | questions |\n"
                    + $"|---|---|---|---|---|\n");
            foreach (var protocol in ServiceCatalog.Of(transport).OrderBy(static p => p.Name, StringComparer.Ordinal))
            {
                var questions = ProbesOf(protocol).Select(static probe => probe.Name).ToList();
                page.Append(CultureInfo.InvariantCulture, $"| {protocol.Name} | {Join(protocol.Ports)} | {Join(protocol.TlsPorts)} | ");
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"{Rarity(protocol)} | {(questions.Count == 0 ? "none: the server speaks first" : string.Join("; ", questions).Replace("|", "\\|", StringComparison.Ordinal))} |\n");
            }

            page.Append(CultureInfo.InvariantCulture, $"\n## Bytes sent over {word}\n\n");
            foreach (var probe in ServiceCatalog.Of(transport).SelectMany(ProbesOf)
                .Concat(FactCatalog.Of(transport).SelectMany(fact => fact.ProbesOver(transport))).DistinctBy(static probe => probe.Name)
                .OrderBy(static probe => probe.Name, StringComparer.Ordinal))
            {
                page.Append(CultureInfo.InvariantCulture, $"**{probe.Name}**");
                page.Append(
                    probe.Repeated > 0
                        ? FormattableString.Invariant($" (with {probe.Repeated} bytes from the server, here zeros)")
                        : "");
                page.Append(probe.PathStandIn is { } path ? $" (with a path from the server, here `{path}`)" : "");
                page.Append(CultureInfo.InvariantCulture, $"\n\n```text\n{Bytes(probe.BytesFor(Example(transport)).Span)}```\n\n");
            }
        }

        RenderFacts(page);
        return $"{page.ToString().TrimEnd()}\n";
    }

    private static void RenderFacts(StringBuilder page)
    {
        page.Append("## Facts of -sC\n\n| fact | asked of | over | it asks | questions | credentials |\n|---|---|---|---|---|---|\n");
        foreach (var fact in FactCatalog.All.OrderBy(static fact => fact.Id, StringComparer.Ordinal))
        {
            var questions = fact.Transports.SelectMany(fact.ProbesOver).Select(static probe => probe.Name).Distinct().ToList();
            page.Append(
                CultureInfo.InvariantCulture,
                $"| {fact.Id} | {string.Join(", ", fact.Services)} | {string.Join(", ", fact.Transports.Select(static one => one.Name()))} "
                    + $"| {fact.Asks} | ");
            page.Append(
                CultureInfo.InvariantCulture,
                $"{(questions.Count == 0 ? "none: it reads the greeting" : string.Join("; ", questions))} | "
                    + $"{fact.Credentials ?? "none"} |\n");
        }
    }

    private static string Rarity(ServiceProtocol protocol) => protocol switch
    {
        { Opening: null } => "",
        { IsIndustrial: true } => "never",
        _ => protocol.Rarity.ToString(CultureInfo.InvariantCulture),
    };

    private static IEnumerable<ServiceProbe> ProbesOf(ServiceProtocol protocol) =>
        (protocol.Opening is { } opening ? (ServiceProbe[])[opening] : []).Concat(protocol.FollowUps).DistinctBy(
            static probe => probe.Name);

    private static ServiceTarget Example(TransportProtocol transport) =>
        new(new RemoteSocket(InternetAddress.FromIPv4(0xC000_0201), null, new PortNumber(1000)), transport, ExampleName);

    private static string Join(IReadOnlyList<ushort> ports) => string.Join(", ", ports);

    // Text a line each, the ends of lines shown; anything else in hexadecimal.
    private static string Bytes(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        if (bytes.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) < 0 || IsText(bytes))
        {
            foreach (var line in Encoding.ASCII.GetString(bytes).SplitLines())
            {
                text.Append(line.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append(
                    '\n');
            }

            return text.ToString();
        }

        for (var at = 0; at < bytes.Length;)
        {
            var run = RunOf(bytes[at..]);
            if (run >= LongestRun)
            {
                text.Append(CultureInfo.InvariantCulture, $"{bytes[at]:x2} ({run} times)\n");
                at += run;
                continue;
            }

            var line = 0;
            while (line < BytesPerLine && at < bytes.Length && RunOf(bytes[at..]) < LongestRun)
            {
                text.Append(line++ == 0 ? "" : " ").Append(bytes[at++].ToString("x2", CultureInfo.InvariantCulture));
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes)
        {
            if (one is not (>= 0x20 and <= 0x7E) and not ((byte)'\r' or (byte)'\n'))
            {
                return false;
            }
        }

        return true;
    }

    private static int RunOf(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept(bytes[0]) is >= 0 and var end ? end : bytes.Length;

    private static IEnumerable<string> SplitLines(this string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at);
            end = end < 0 ? text.Length : end + 1;
            yield return text[at..end];
            at = end;
        }
    }
}
