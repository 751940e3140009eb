using System.CommandLine;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options that hand a scan to the agents of a fleet.</summary>
internal sealed class FleetOptions
{
    private readonly Option<bool> _fleet = ScanOptionKinds.Flag(
        "--fleet", "the agents of a fleet scan, not this machine; its one zone, unless --vantage names others");

    private readonly Option<string[]> _vantages = ScanOptionKinds.Value(
        "--vantage", "ZONES", "scan the same from each of these zones of a fleet, separated by commas, or from all, and show what differs");

    private readonly Option<string[]> _config = ScanOptionKinds.Value(
        "--fleet-config", "FILE", "the settings of the fleet; /etc/portolan/fleet.yaml by default");

    /// <summary>All, in the order of help.</summary>
    public Option[] Options => [_fleet, _vantages, _config];

    /// <summary>Reads them; <c>null</c> when this machine scans.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="refused">The options that a fleet cannot follow.</param>
    /// <param name="maxRetries">The option of that name.</param>
    public FleetRequest? Read(ParseResult parsed, IEnumerable<Option> refused, Option<string[]> maxRetries)
    {
        var vantages = parsed.All(_vantages).SelectMany(static list => list.Split(',')).ToList();
        if (vantages.Exists(static zone => zone.Length == 0))
        {
            throw ScanErrors.Usage("--vantage has an empty name", $"write zones with a comma between them: --vantage lan,dmz");
        }

        var config = parsed.Last(_config);
        if (!parsed.GetValue(_fleet) && vantages.Count == 0)
        {
            return config is null ? null : throw ScanErrors.Usage(
                "--fleet-config is of use only with --fleet or --vantage", $"add --fleet, or leave out --fleet-config");
        }

        if (refused.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } other)
        {
            var (name, by) = (ScanOptionKinds.CalledBy(other), parsed.GetValue(_fleet) ? "--fleet" : "--vantage");
            throw ScanErrors.Usage($"{name} is not done by a fleet", $"leave out {name}, or scan from this machine, without {by}");
        }

        return new FleetRequest(vantages.Contains("all") ? ["all"] : [.. vantages.Distinct(StringComparer.Ordinal)], config)
        {
            NamesRetries = parsed.Last(maxRetries) is not null,
        };
    }
}

/// <summary>A scan by a fleet.</summary>
/// <param name="Vantages">The zones; none for the only one there is; <c>all</c> for each.</param>
/// <param name="Config">The file of settings; <c>null</c> for the usual one.</param>
internal sealed record FleetRequest(IReadOnlyList<string> Vantages, string? Config)
{
    /// <summary>Whether --max-retries was given: otherwise agents choose.</summary>
    public bool NamesRetries { get; init; }

    /// <summary>The invocation of the server without targets and ports.</summary>
    public FleetInvocation Start() => new(FleetAction.Scan) { Config = Config, Zones = Vantages };
}
