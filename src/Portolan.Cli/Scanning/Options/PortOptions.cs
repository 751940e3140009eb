using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Completions;
using Portolan.Model;
using Portolan.Scan.Targets;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options that say which ports are probed, and in which order.</summary>
internal sealed class PortOptions
{
    private readonly Option<string[]> _ports = ScanOptionKinds.Value(
        "--ports", "PORTS", "ports by number, range or service name: 22,80-90,https, - for all, T: and U: before those of one protocol",
        "-p");
    private readonly Option<string[]> _exclude =
        ScanOptionKinds.Value("--exclude-ports", "PORTS", "never probe these ports, not even for host discovery");
    private readonly Option<bool> _fast = ScanOptionKinds.Flag(
        "--fast",
        "fewer ports: the first 100 of Portolan's list of common ports (all that its sources count or estimate), not the first 1,000",
        "-F");
    private readonly Option<string[]> _top = ScanOptionKinds.Value(
        "--top-ports",
        "N",
        $"the first N of Portolan's list of common ports (10 cover {Share(10)} of the open TCP ports in its sources); "
            + $"with -sL they are listed");
    private readonly Option<bool> _sequential =
        ScanOptionKinds.Flag("--sequential", "probe in order of hosts and ports, not in random order", "-r");

    /// <summary>Service names complete the port list.</summary>
    public PortOptions() => _ports.CompletionSources.Add(DynamicCompletions.ServiceNames);

    /// <summary>All, in the order of help.</summary>
    public Option[] Options => [_ports, _fast, _top, _exclude, _sequential];

    /// <summary>In order; the agents of a fleet do not follow it.</summary>
    public Option Sequential => _sequential;

    /// <summary>Reads them.</summary>
    public PortRequest Read(ParseResult parsed, TechniqueRequest technique)
    {
        var request = new PortRequest
        {
            Lists = parsed.All(_ports),
            Excludes = parsed.All(_exclude),
            Fast = parsed.GetValue(_fast),
            Top = parsed.Last(_top) is { } top ? ScanValues.Number("--top-ports", top, 1, 65536) : null,
            Sequential = parsed.GetValue(_sequential),
        };
        var choices = new List<string>(3);
        if (request.Lists.Count > 0)
        {
            choices.Add("-p");
        }

        if (request.Fast)
        {
            choices.Add("-F");
        }

        if (request.Top is not null)
        {
            choices.Add("--top-ports");
        }

        if (choices.Count > 1)
        {
            throw ScanErrors.Usage($"{choices[0]} and {choices[1]} both select ports", $"give one of them");
        }

        if (choices.Count > 0 && technique.DiscoveryOnly)
        {
            throw ScanErrors.Usage(
                $"{choices[0]} cannot be combined with -sn, which scans no ports", $"leave out -sn; for discovery by ports use -PS22,80");
        }

        return request;
    }

    private static string Share(int count) =>
        string.Create(CultureInfo.InvariantCulture, $"about {100 * TopPorts.ShareOf(TransportProtocol.Tcp, count):0} %");
}

internal sealed record PortRequest
{
    /// <summary>The lists of <c>-p</c>; several count together.</summary>
    public required IReadOnlyList<string> Lists { get; init; }

    /// <summary>The lists of <c>--exclude-ports</c>.</summary>
    public required IReadOnlyList<string> Excludes { get; init; }

    /// <summary>Ports were named, by number or by how usual they are.</summary>
    public bool IsNamed => Lists.Count > 0 || Fast || Top is not null;

    /// <summary><c>-F</c>.</summary>
    public bool Fast { get; init; }

    /// <summary><c>--top-ports</c>.</summary>
    public int? Top { get; init; }

    /// <summary><c>-r</c>.</summary>
    public bool Sequential { get; init; }
}
