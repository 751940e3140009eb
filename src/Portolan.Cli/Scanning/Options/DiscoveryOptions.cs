using System.CommandLine;
using Portolan.Model;
using Portolan.Scan.Engine;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options that say how hosts are found.</summary>
internal sealed class DiscoveryOptions
{
    private readonly Option<bool> _skip = ScanOptionKinds.Spelled("--no-discovery", "-Pn", "no host discovery: treat all targets as up");
    private readonly Option<bool> _echo = ScanOptionKinds.Spelled("--ping-echo", "-PE", "ICMP echo requests");
    private readonly Option<bool> _timestamp = ScanOptionKinds.Spelled("--ping-timestamp", "-PP", "ICMP timestamp requests");
    private readonly Option<string[]> _syn =
        ScanOptionKinds.SpelledValue("--ping-syn", "-PS[PORTS]", "PORTS", "TCP SYN segments to ports; 80 when none are attached");
    private readonly Option<string[]> _ack =
        ScanOptionKinds.SpelledValue("--ping-ack", "-PA[PORTS]", "PORTS", "TCP ACK segments to ports; 80 when none are attached");
    private readonly Option<string[]> _udp =
        ScanOptionKinds.SpelledValue("--ping-udp", "-PU[PORTS]", "PORTS", "UDP datagrams to ports; 40125 when none are attached");
    private readonly Option<bool> _arp =
        ScanOptionKinds.Hidden(ScanOptionKinds.Spelled(
            "--ping-arp", "-PR", "accepted; ARP and neighbour discovery are always used on the link"));
    private readonly Option<bool> _noArp =
        ScanOptionKinds.Flag("--disable-arp-ping", "do not use ARP or neighbour discovery to find hosts on the link");

    /// <summary>All, in the order of help.</summary>
    public Option[] Options => [_skip, _echo, _timestamp, _syn, _ack, _udp, _arp, _noArp];

    /// <summary>Those that the agents of a fleet do not follow.</summary>
    public IEnumerable<Option> NotOfFleet => Options.Where(option => option != _skip);

    /// <summary>Reads them.</summary>
    public DiscoverySettings Read(ParseResult parsed, TechniqueRequest technique)
    {
        var settings = new DiscoverySettings
        {
            Skip = parsed.GetValue(_skip),
            NoArp = parsed.GetValue(_noArp),
            Echo = parsed.GetValue(_echo),
            Timestamp = parsed.GetValue(_timestamp),
            SynPorts = Ports(parsed, _syn, "-PS"),
            AckPorts = Ports(parsed, _ack, "-PA"),
            UdpPorts = Ports(parsed, _udp, "-PU"),
        };
        var method = settings switch
        {
            { Echo: true } => "-PE",
            { Timestamp: true } => "-PP",
            { SynPorts: not null } => "-PS",
            { AckPorts: not null } => "-PA",
            { UdpPorts: not null } => "-PU",
            _ => parsed.GetValue(_arp) ? "-PR" : null,
        };
        if (settings.Skip && method is not null)
        {
            throw ScanErrors.Usage(
                $"-Pn and {method} exclude each other: -Pn skips discovery and treats all targets as up", $"leave out -Pn or {method}");
        }

        if (technique.ListOnly && (settings.Skip || method is not null))
        {
            throw ScanErrors.Usage($"{method ?? "-Pn"} cannot be combined with -sL, which sends nothing", $"leave out one of them");
        }

        return settings with { IsDefault = method is null or "-PR" };
    }

    private static PortSet? Ports(ParseResult parsed, Option<string[]> option, string name)
    {
        PortSet? all = null;
        foreach (var list in parsed.All(option))
        {
            var ports = ScanValues.Ports(name, list);
            all = all is null ? ports : all | ports;
        }

        return all;
    }
}
