using System.Globalization;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Lab.Topology.Writing;

/// <summary>
/// Draws a topology for people: each network with all that is in it, then links, rules and ports. Ranges of hosts are one line.
/// </summary>
public static class TopologyText
{
    private const int Indentation = ScenarioLook.Indentation;

    /// <summary>Writes the drawing. Text of the topology is made safe for a terminal.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="topology">The lab.</param>
    /// <param name="columns">The width of the terminal, which no line exceeds; <c>null</c> where there is none, so that each host, rule and
    /// port is one line.</param>
    public static void Write(TextWriter writer, LabTopology topology, int? columns = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(topology);
        var width = columns is { } narrow ? Math.Max(narrow, ScenarioLook.FewestColumns) : int.MaxValue;
        var prose = new ScenarioLook(columns, Colors: false).Width;
        Say(topology.Description is { } description ? $"{Safe(topology.Name)}: {Safe(description)}" : Safe(topology.Name));
        Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(topology.Networks.Count, "network")}, {Count(topology.Routers.Count, "router")}, "
                + $"{Count(HostCount(topology), "host")}, seed "
                + $"{topology.Seed}{(topology.Scenario is { } scenario ? $", scenario {Safe(scenario)}" : "")}"));
        var vantage = topology.ResolveVantage();
        foreach (var network in topology.Networks)
        {
            writer.WriteLine();
            WriteNetwork(writer, width, topology, network, vantage);
        }

        WriteLinks(writer, width, topology);
        WriteRules(writer, width, topology);
        WritePorts(writer, width, topology);

        void Say(string sentence) => WrapText.Lines(sentence, prose).ForEach(writer.WriteLine);
    }

    /// <summary>How many hosts there are, those of ranges counted each.</summary>
    public static long HostCount(LabTopology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        return topology.Hosts.Sum(static h => h.IsRange ? h.Addresses.Sum(static a => (long)a.Count) : 1);
    }

    private static void WriteNetwork(TextWriter writer, int width, LabTopology topology, NetworkSpec network, VantageSpec vantage)
    {
        string[] head = [Safe(network.Name), .. NetworkIndex.PrefixesOf(network).Select(p => p.ToMachineText())];
        Hang(writer, width, 0, string.Join("  ", head) + Quality(network.Quality));
        var rows = new List<string[]>();
        foreach (var router in topology.Routers)
        {
            rows.AddRange(
                router.Ports.Where(p => p.Network == network.Name).Select(
                    p => new[] { Safe(router.Name), Addresses(p.Ipv4, p.Ipv6), "router" }));
        }

        foreach (var host in topology.Hosts.Where(h => h.Network == network.Name))
        {
            rows.Add(
                [Safe(host.Name), host.AsksForAddress ? "by DHCP" : string.Join(", ", host.Addresses.Select(a => a.ToString())),
                    Describe(host)]);
        }

        if (vantage.Network == network.Name)
        {
            rows.Add(["(you)", Addresses(vantage.Ipv4, vantage.Ipv6), "where the command stands"]);
        }

        var drawn = Lay(rows, width);
        for (var i = 0; i < drawn.Count; i++)
        {
            var isLast = i == drawn.Count - 1;
            for (var line = 0; line < drawn[i].Count; line++)
            {
                writer.WriteLine($"{(line > 0 ? isLast ? "   " : "│  " : isLast ? "└─ " : "├─ ")}{drawn[i][line]}".TrimEnd());
            }
        }
    }

    private static void WriteLinks(TextWriter writer, int width, LabTopology topology)
    {
        if (topology.Links.Count == 0)
        {
            return;
        }

        writer.WriteLine();
        writer.WriteLine("Links");
        foreach (var link in topology.Links)
        {
            Hang(writer, width, Indentation, $"{Safe(link.First)} ── {Safe(link.Second)}{Quality(link.Quality)}");
            foreach (var shaping in link.Shaping)
            {
                Hang(writer, width, 2 * Indentation, RouterPhrases.Format(shaping));
            }
        }
    }

    private static void WriteRules(TextWriter writer, int width, LabTopology topology)
    {
        foreach (var router in topology.Routers.Where(
            r => r.Rules.Count > 0 || r.Forwards.Count > 0 || r.DefaultAction != FirewallAction.Allow))
        {
            writer.WriteLine();
            writer.WriteLine($"Rules of {Safe(router.Name)}");
            foreach (var rule in router.Rules)
            {
                Hang(writer, width, Indentation, RouterPhrases.Format(rule));
            }

            writer.WriteLine($"   {Words.Of(router.DefaultAction)} the rest");
            foreach (var forward in router.Forwards)
            {
                Hang(writer, width, Indentation, $"forward {RouterPhrases.Format(forward)}");
            }
        }
    }

    private static void WritePorts(TextWriter writer, int width, LabTopology topology)
    {
        foreach (var host in topology.Hosts)
        {
            var rows = host.Ports.Select(r => new[] { $"{r.Ports}/{r.Protocol.Name()}", Safe(PolicyText.Format(r.Policy)) }).ToList();
            if (host.DefaultTcp != PortPolicy.Closed)
            {
                rows.Add(
                    [rows.Exists(r => r[0].EndsWith("/tcp", StringComparison.Ordinal)) ? "other/tcp" : "all/tcp",
                        Safe(PolicyText.Format(host.DefaultTcp))]);
            }

            if (host.DefaultUdp != PortPolicy.Closed)
            {
                rows.Add(
                    [rows.Exists(r => r[0].EndsWith("/udp", StringComparison.Ordinal)) ? "other/udp" : "all/udp",
                        Safe(PolicyText.Format(host.DefaultUdp))]);
            }

            if (rows.Count == 0)
            {
                continue;
            }

            writer.WriteLine();
            writer.WriteLine($"Ports of {Safe(host.Name)}");
            foreach (var line in Lay(rows, width).SelectMany(static row => row))
            {
                writer.WriteLine($"   {line}");
            }
        }
    }

    private static string Describe(HostSpec host)
    {
        var parts = new List<string>();
        if (host.IsRange)
        {
            parts.Add(Count(host.Addresses.Sum(static a => (long)a.Count), "host"));
        }

        parts.AddRange(host.Names.Select(Safe));
        if (host.Personality != "linux")
        {
            parts.Add(Safe(host.Personality));
        }

        if (host.EphemeralPorts is { } ephemeral)
        {
            parts.Add($"ephemeral ports {ephemeral}");
        }

        if (!host.AnswersPing)
        {
            parts.Add("no ping");
        }

        if (host.IcmpErrorsPerSecond > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{host.IcmpErrorsPerSecond} ICMP errors a second"));
        }

        return string.Join(", ", parts);
    }

    private static string Quality(LinkQuality quality)
    {
        var parts = new List<string>();
        if (quality.Latency > TimeSpan.Zero || quality.Jitter > TimeSpan.Zero)
        {
            parts.Add(
                UnitText.Format(quality.Latency) + (quality.Jitter > TimeSpan.Zero ? $" + up to {UnitText.Format(quality.Jitter)}" : ""));
        }

        if (quality.Loss > 0)
        {
            parts.Add($"{UnitText.FormatShare(quality.Loss)} lost");
        }

        if (quality.Bandwidth > 0)
        {
            parts.Add($"{UnitText.FormatBandwidth(quality.Bandwidth)}/s");
        }

        if (quality.Mtu != LinkQuality.Perfect.Mtu)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"MTU {quality.Mtu}"));
        }

        return parts.Count == 0 ? "" : $"  ({string.Join(", ", parts)})";
    }

    private static string Addresses(InternetAddress? ipv4, InternetAddress? ipv6) =>
        string.Join(", ", FreeAddresses.Present(ipv4, ipv6).Select(a => a.ToString()));

    private static string Count(long count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {what}{(count == 1 ? "" : "s")}");

    private static List<List<string>> Lay(List<string[]> rows, int width) =>
        width == int.MaxValue
            ? CellLayout.Unbroken(rows).ConvertAll(static line => new List<string> { line })
            : CellLayout.Lines(rows, width - Indentation);

    private static void Hang(TextWriter writer, int width, int indentation, string text) =>
        WrapText.Hung(text, width, indentation).ForEach(writer.WriteLine);

    private static string Safe(string text) => TerminalText.Escape(text);
}
