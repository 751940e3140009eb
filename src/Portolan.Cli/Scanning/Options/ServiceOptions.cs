using System.CommandLine;
using System.Globalization;
using Portolan.Scan.Engine;
using Portolan.Scan.Identification;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options that say whether and how far open ports are asked what they are.</summary>
internal sealed class ServiceOptions
{
    private const int Light = 2;
    private const int All = 9;

    private readonly Option<bool> _services = ScanOptionKinds.Spelled("--services", "-sV", "ask each open port what it is: protocol, product and version, from its own bytes");
    private readonly Option<string[]> _intensity = ScanOptionKinds.Value("--version-intensity", "0-9", "how rare the questions are that go to ports which are not their protocol's own (7)");
    private readonly Option<bool> _light = ScanOptionKinds.Flag("--version-light", "the same as --version-intensity 2");
    private readonly Option<bool> _all = ScanOptionKinds.Flag("--version-all", "the same as --version-intensity 9, with more connections to a port");
    private readonly Option<bool> _trace = ScanOptionKinds.Flag("--version-trace", "print each question that is sent, on stderr");
    private readonly Option<bool> _allPorts = ScanOptionKinds.Flag("--allports", "ask printers' ports too (515, 9100-9107), which print what they are sent");

    /// <summary>All, in the order of help.</summary>
    public Option[] Options => [_services, _intensity, _light, _all, _trace, _allPorts];

    /// <summary>Reads them.</summary>
    public ServiceRequest Read(ParseResult parsed, TechniqueRequest technique)
    {
        Option[] details = [_intensity, _light, _all, _trace, _allPorts];
        if (!parsed.GetValue(_services))
        {
            return Array.Find(details, option => parsed.GetResult(option) is { Implicit: false }) is { } alone
                ? throw ScanErrors.Usage($"{alone.Name} is part of -sV, which is not asked for", $"add -sV, or leave out {alone.Name}")
                : new ServiceRequest(null, Traces: false);
        }

        Demand(technique);
        var levels = (parsed.Last(_intensity) is null ? 0 : 1) + (parsed.GetValue(_light) ? 1 : 0) + (parsed.GetValue(_all) ? 1 : 0);
        if (levels > 1)
        {
            throw ScanErrors.Usage("--version-intensity, --version-light and --version-all say the same thing differently", $"give one of them");
        }

        var intensity = parsed.GetValue(_light) ? Light : parsed.GetValue(_all) ? All : parsed.Last(_intensity) is { } text ? Intensity(text) : new IdentifySettings().Intensity;
        var settings = new IdentifySettings { Intensity = intensity, AllPorts = parsed.GetValue(_allPorts) };
        return new ServiceRequest(
            intensity == All ? settings with { MaxConnections = int.MaxValue, MaxDatagrams = int.MaxValue, PortLimit = 4 * settings.PortLimit } : settings, parsed.GetValue(_trace));
    }

    private static int Intensity(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= All
            ? number
            : throw ScanErrors.Usage($"--version-intensity {text}: not a number from 0 to 9", $"7 is what runs by itself; 9 asks everything");

    // What is open for certain is asked, and UDP ports of known protocols that kept silent.
    private static void Demand(TechniqueRequest request)
    {
        var other = request switch
        {
            { DiscoveryOnly: true } => "-sn, which scans no ports",
            { ListOnly: true } => "-sL, which sends nothing",
            { Named: not (null or TcpTechnique.None or TcpTechnique.Syn or TcpTechnique.Connect) } => $"{request.NamedBy}, which finds no open port for certain",
            _ => null,
        };
        if (other is not null)
        {
            throw ScanErrors.Usage($"-sV does not go with {other}", $"leave out one of the two: -sV goes with -sS, -sT and -sU");
        }
    }
}

/// <summary>Whether and how far open ports are asked what they are.</summary>
/// <param name="Settings">How far; <c>null</c> for not at all.</param>
/// <param name="Traces">Each question is printed (<c>--version-trace</c>).</param>
internal sealed record ServiceRequest(IdentifySettings? Settings, bool Traces);
