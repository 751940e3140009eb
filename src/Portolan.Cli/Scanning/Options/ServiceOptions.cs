using System.CommandLine;
using System.Globalization;
using Portolan.Scan.Engine;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Identification.Fingerprints;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options that say whether and how far open ports are asked what they are, and for facts.</summary>
internal sealed class ServiceOptions
{
    private const int Light = 2;
    private const int All = 9;

    private readonly Option<bool> _services =
        ScanOptionKinds.Spelled("--services", "-sV", "identify the service on each open port: protocol, product and version");
    private readonly Option<bool> _facts = ScanOptionKinds.Spelled(
        "--facts", "-sC",
        "collect facts from services: titles, certificates, keys, names; without -sV only on their usual ports");
    private readonly Option<string[]> _script = ScanOptionKinds.Value(
        "--script", "NAMES", "collect only these facts: names from --list-facts, separated by commas, or default for all");
    private readonly Option<bool> _aggressive = ScanOptionKinds.Spelled("--aggressive", "-A", "the same as -sV -sC --traceroute");
    private readonly Option<bool> _list = ScanOptionKinds.Flag(
        "--list-facts", "scan nothing: list the facts of -sC with their services, questions and credentials");
    private readonly Option<string[]> _intensity = ScanOptionKinds.Value(
        "--version-intensity", "0-9", "the rarity limit of probes to ports other than their protocol's own (default 7)");
    private readonly Option<bool> _light = ScanOptionKinds.Flag("--version-light", "the same as --version-intensity 2");
    private readonly Option<bool> _all =
        ScanOptionKinds.Flag("--version-all", "the same as --version-intensity 9, with more connections to a port");
    private readonly Option<bool> _trace = ScanOptionKinds.Flag("--version-trace", "print each probe that is sent, on stderr");
    private readonly Option<bool> _allPorts =
        ScanOptionKinds.Flag("--allports", "probe printer ports too (515, 9100-9107); printers print what they receive");

    private readonly Option<string[]> _fingerprints =
        ScanOptionKinds.Value("--fingerprints", "DIR", "also match answers against your own fingerprints: XML files in Recog format");

    /// <summary>All, in the order of help.</summary>
    public Option[] Options => [_services, _facts, _script, _aggressive, _list, _intensity, _light, _all, _trace, _allPorts, _fingerprints];

    /// <summary>Reads them.</summary>
    public ServiceRequest Read(ParseResult parsed, TechniqueRequest technique)
    {
        var isAggressive = parsed.GetValue(_aggressive);
        var services = isAggressive || parsed.GetValue(_services);
        var named = ScriptNames.Find(parsed.All(_script));
        var facts = isAggressive || parsed.GetValue(_facts) ? FactCatalog.All : named;
        if (!services && facts.Count == 0)
        {
            Option[] details = [_intensity, _light, _all, _trace, _allPorts, _fingerprints];
            return Array.Find(details, option => parsed.GetResult(option) is { Implicit: false }) is { } alone
                ? throw ScanErrors.Usage($"{alone.Name} needs -sV", $"add -sV, or leave out {alone.Name}")
                : new ServiceRequest(null, Traces: false) { ListsFacts = parsed.GetValue(_list) };
        }

        var word = isAggressive ? "-A" : services ? "-sV" : parsed.GetValue(_facts) ? "-sC" : _script.Name;
        Demand(technique, word);
        if (!services
            && Array.Find([_intensity, _light, (Option)_all], option => parsed.GetResult(option) is { Implicit: false }) is { } level)
        {
            throw ScanErrors.Usage($"{level.Name} needs -sV", $"add -sV, or leave out {level.Name}");
        }

        var levels = (parsed.Last(_intensity) is null ? 0 : 1) + (parsed.GetValue(_light) ? 1 : 0) + (parsed.GetValue(_all) ? 1 : 0);
        if (levels > 1)
        {
            throw ScanErrors.Usage(
                "--version-intensity, --version-light and --version-all exclude each other", $"give one of them");
        }

        var intensity = !services ? 0
            : parsed.GetValue(_light) ? Light
            : parsed.GetValue(_all) ? All
            : parsed.Last(_intensity) is { } text ? Intensity(text) : new IdentifySettings().Intensity;
        var settings = new IdentifySettings
        {
            Intensity = intensity,
            AllPorts = parsed.GetValue(_allPorts),
            Facts = facts,
            Fingerprints = parsed.Last(_fingerprints) is { } folder ? FingerprintSet.Load(folder) : null,
        };
        return new ServiceRequest(
            intensity == All
                ? settings with
                {
                    MaxConnections = int.MaxValue,
                    MaxDatagrams = int.MaxValue,
                    MaxTogether = int.MaxValue,
                    MaxSilentPorts = ushort.MaxValue,
                    PortLimit = 4 * settings.PortLimit,
                }
                : settings, parsed.GetValue(_trace))
        {
            Word = word,
            ListsFacts = parsed.GetValue(_list),
        };
    }

    private static int Intensity(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= All
            ? number
            : throw ScanErrors.Usage(
                $"--version-intensity {text}: not a number from 0 to 9", $"the default is 7; 9 sends every probe");

    // What is open for certain is asked, and UDP ports of known protocols that kept silent.
    private static void Demand(TechniqueRequest request, string word)
    {
        var other = request switch
        {
            { DiscoveryOnly: true } => "-sn, which scans no ports",
            { ListOnly: true } => "-sL, which sends nothing",
            { Named: not (null or TcpTechnique.None or TcpTechnique.Syn or TcpTechnique.Connect) } =>
                $"{request.NamedBy}, which proves no port open",
            _ => null,
        };
        if (other is not null)
        {
            throw ScanErrors.Usage(
                $"{word} cannot be combined with {other}", $"leave out one of the two: {word} works with -sS, -sT and -sU");
        }
    }
}

/// <summary>Whether and how far open ports are asked what they are.</summary>
/// <param name="Settings">How far; <c>null</c> for not at all.</param>
/// <param name="Traces">Each question is printed (<c>--version-trace</c>).</param>
internal sealed record ServiceRequest(IdentifySettings? Settings, bool Traces)
{
    /// <summary>The option that asks: <c>-sV</c>, <c>-sC</c>, <c>--script</c> or <c>-A</c>.</summary>
    public string Word { get; init; } = "-sV";

    /// <summary><c>--list-facts</c>.</summary>
    public bool ListsFacts { get; init; }
}
