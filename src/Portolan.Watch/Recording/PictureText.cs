using System.Globalization;
using System.Text;
using Portolan.Scan.Results;
using Portolan.Store.Tables;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>How a host looked, as the text that the store holds once for all looks alike.</summary>
/// <remarks>
/// A line for the host (<c>up</c>, <c>down</c>, <c>unknown</c>; <c>~</c> where that rests on silence), then a line for each protocol:
/// <c>p NUMBER COVERAGE STATE=PORTS …</c>, where the ports that were looked at are a content of their own and <c>*</c> stands for those
/// that no other state has; then <c>f NUMBER/PORT=FACTS …</c>, <c>n NAME</c> and <c>r REVERSE-NAME</c>.
/// </remarks>
internal static class PictureText
{
    /// <summary>The text.</summary>
    /// <param name="host">The host.</param>
    /// <param name="contents">Takes coverage and facts.</param>
    public static string Of(HostSnapshot host, ContentTable contents)
    {
        var text = new StringBuilder(host.Status switch { HostStatus.Up => "up", HostStatus.Down => "down", _ => "unknown" });
        text.Append(host.IsStatusSilent ? "~\n" : "\n");
        foreach (var spans in host.Spans.GroupBy(static span => span.Protocol).OrderBy(static spans => spans.Key))
        {
            var coverage = host.CoverageOf(spans.Key);
            text.Append(CultureInfo.InvariantCulture, $"p {(int)spans.Key} {contents.IdOf(coverage.ToString())}");

            // Those that take the most text are the rest.
            var rest = spans.MaxBy(static span => (span.Ports.Ranges.Count, span.Ports.Count)).State;
            foreach (var span in spans.OrderBy(static span => StateNumber.Of(span.State)))
            {
                var ports = span.State == rest ? "*" : span.Ports.ToString();
                text.Append(CultureInfo.InvariantCulture, $" {StateNumber.Of(span.State)}={ports}");
            }

            text.Append('\n');
        }

        var hasFacts = false;
        foreach (var (endpoint, facts) in host.Endpoints.OrderBy(static e => (e.Key.Protocol, e.Key.Port.Value)))
        {
            if (FactsText.Of(facts) is { } body)
            {
                text.Append(hasFacts ? "" : "f").Append(
                    CultureInfo.InvariantCulture, $" {(int)endpoint.Protocol}/{endpoint.Port.Value}={contents.IdOf(body)}");
                hasFacts = true;
            }
        }

        text.Append(hasFacts ? "\n" : "");
        AppendName(text, 'n', host.Name);
        AppendName(text, 'r', host.ReverseName);
        return text.ToString();
    }

    /// <summary>The host; what cannot be read is left out.</summary>
    public static HostSnapshot Read(string text, HostKey key, ContentTable contents)
    {
        var host = new HostSnapshot(key);
        foreach (var line in text.Split('\n'))
        {
            switch (line)
            {
                case ['p', ' ', ..]:
                    ReadPorts(line[2..].Split(' '), host, contents);
                    break;
                case ['f', ' ', ..]:
                    ReadFacts(line[2..].Split(' '), host, contents);
                    break;
                case ['n', ' ', ..]:
                    host.Name = line[2..];
                    break;
                case ['r', ' ', ..]:
                    host.ReverseName = line[2..];
                    break;
                case ['u' or 'd', ..]:
                    host.IsStatusSilent = line.EndsWith('~');
                    host.Status = line.TrimEnd('~') switch { "up" => HostStatus.Up, "down" => HostStatus.Down, _ => HostStatus.Unknown };
                    break;
            }
        }

        return host;
    }

    /// <summary>The contents that a text names; none for text of another kind.</summary>
    public static IEnumerable<long> ReferencesIn(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line is ['p', ' ', ..] && line.Split(' ') is [_, _, var coverage, ..])
            {
                yield return Number(coverage);
            }
            else if (line is ['f', ' ', ..])
            {
                foreach (var word in line[2..].Split(' '))
                {
                    yield return Number(word.AsSpan(word.IndexOf('=', StringComparison.Ordinal) + 1));
                }
            }
        }
    }

    private static long Number(ReadOnlySpan<char> text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>Whether a port's certificate may come near its end without any other change.</summary>
    public static bool HasCertificate(HostSnapshot host) => host.Endpoints.Values.Any(static facts => facts.Certificate is not null);

    private static void ReadPorts(string[] words, HostSnapshot host, ContentTable contents)
    {
        if (words.Length < 3 || !byte.TryParse(words[0], CultureInfo.InvariantCulture, out var protocol)
            || !long.TryParse(words[1], CultureInfo.InvariantCulture, out var coverage))
        {
            return;
        }

        var (rest, restState) = (PortRanges.Read(contents.TextOf(coverage)), (StateView?)null);
        foreach (var word in words.AsSpan(2))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !long.TryParse(word.AsSpan(0, equals), CultureInfo.InvariantCulture, out var number))
            {
                continue;
            }

            if (word.EndsWith("=*", StringComparison.Ordinal))
            {
                restState = StateNumber.Read(number);
                continue;
            }

            var ports = PortRanges.Read(word.AsSpan(equals + 1));
            host.Add((TransportProtocol)protocol, ports, StateNumber.Read(number));
            rest = rest.Except(ports);
        }

        if (restState is { } state)
        {
            host.Add((TransportProtocol)protocol, rest, state);
        }
    }

    private static void ReadFacts(string[] words, HostSnapshot host, ContentTable contents)
    {
        foreach (var word in words)
        {
            var (slash, equals) = (word.IndexOf('/', StringComparison.Ordinal), word.IndexOf('=', StringComparison.Ordinal));
            if (slash > 0 && equals > slash && byte.TryParse(word.AsSpan(0, slash), CultureInfo.InvariantCulture, out var protocol)
                && ushort.TryParse(word.AsSpan(slash + 1, equals - slash - 1), CultureInfo.InvariantCulture, out var port)
                && long.TryParse(word.AsSpan(equals + 1), CultureInfo.InvariantCulture, out var facts))
            {
                host.Set(new EndpointKey((TransportProtocol)protocol, new PortNumber(port)), FactsText.Read(contents.TextOf(facts)));
            }
        }
    }

    private static void AppendName(StringBuilder text, char letter, string? name)
    {
        if (!string.IsNullOrEmpty(name))
        {
            text.Append(letter).Append(' ').Append(name.ReplaceLineEndings(" ")).Append('\n');
        }
    }
}
