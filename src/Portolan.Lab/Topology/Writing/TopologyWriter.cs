using System.Globalization;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Lab.Topology.Writing;

/// <summary>Writes topologies in YAML. <see cref="TopologyReader"/> reads the same topology back.</summary>
public static class TopologyWriter
{
    /// <summary>The topology as a text.</summary>
    public static string Write(LabTopology topology)
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Write(topology, writer);
        return writer.ToString();
    }

    /// <summary>Writes the topology.</summary>
    public static void Write(LabTopology topology, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(writer);
        var yaml = new Lines(writer);
        yaml.Value(0, "name", topology.Name);
        yaml.Value(0, "description", topology.Description);
        yaml.Raw(0, "seed", topology.Seed.ToString(CultureInfo.InvariantCulture));
        yaml.Section(0, "networks", topology.Networks.Count);
        foreach (var network in topology.Networks)
        {
            yaml.Section(1, network.Name, 1);
            yaml.Raw(2, "prefix", YamlText.OneOrMore([.. NetworkIndex.PrefixesOf(network).Select(p => p.ToMachineText())]));
            WriteQuality(yaml, network.Quality);
        }

        yaml.Section(0, "routers", topology.Routers.Count);
        foreach (var router in topology.Routers)
        {
            WriteRouter(yaml, router);
        }

        yaml.Section(0, "links", topology.Links.Count);
        foreach (var link in topology.Links)
        {
            yaml.Item(1, $"between: [{YamlText.Quote(link.First)}, {YamlText.Quote(link.Second)}]");
            WriteQuality(yaml, link.Quality);
            WritePhrases(yaml, 2, "shaping", link.Shaping.Select(RouterPhrases.Format));
        }

        yaml.Section(0, "hosts", topology.Hosts.Count);
        foreach (var host in topology.Hosts)
        {
            WriteHost(yaml, host);
        }

        if (topology.Vantage is { } vantage)
        {
            yaml.Raw(0, "vantage", $"{{ network: {YamlText.Quote(vantage.Network)}, address: {Addresses(vantage.Ipv4, vantage.Ipv6)} }}");
        }

        yaml.Value(0, "scenario", topology.Scenario);
    }

    private static void WriteQuality(Lines yaml, LinkQuality quality)
    {
        var usual = LinkQuality.Perfect;
        yaml.Raw(2, "latency", quality.Latency == usual.Latency ? null : UnitText.Format(quality.Latency));
        yaml.Raw(2, "jitter", quality.Jitter == usual.Jitter ? null : UnitText.Format(quality.Jitter));
        yaml.Raw(2, "loss", quality.Loss == usual.Loss ? null : UnitText.FormatShare(quality.Loss));
        yaml.Raw(2, "bandwidth", quality.Bandwidth == usual.Bandwidth ? null : UnitText.FormatBandwidth(quality.Bandwidth));
        yaml.Raw(2, "mtu", quality.Mtu == usual.Mtu ? null : quality.Mtu.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteRouter(Lines yaml, RouterSpec router)
    {
        yaml.Section(1, router.Name, 1);
        yaml.Section(2, "networks", router.Ports.Count);
        foreach (var port in router.Ports)
        {
            yaml.Raw(3, port.Network, Addresses(port.Ipv4, port.Ipv6));
        }

        if (router.DefaultAction != FirewallAction.Allow || router.Rules.Count > 0)
        {
            yaml.Section(2, "firewall", 1);
            yaml.Raw(3, "default", Words.Of(router.DefaultAction));
            WritePhrases(yaml, 3, "rules", router.Rules.Select(RouterPhrases.Format));
        }

        WritePhrases(yaml, 2, "forward", router.Forwards.Select(RouterPhrases.Format));
    }

    private static void WriteHost(Lines yaml, HostSpec host)
    {
        var usual = new HostSpec { Name = "", Network = "", Addresses = [] };
        yaml.Section(1, host.Name, 1);
        yaml.Value(2, "network", host.Network);
        yaml.Raw(
            2, host.IsRange ? "addresses" : "address",
            host.AsksForAddress ? Reading.Words.Dhcp : YamlText.OneOrMore([.. host.Addresses.Select(a => a.ToString())]));
        yaml.Raw(2, "names", host.Names.Count == 0 ? null : YamlText.OneOrMore(host.Names));
        yaml.Value(2, "personality", host.Personality == usual.Personality ? null : host.Personality);
        yaml.Raw(2, "ephemeral-ports", host.EphemeralPorts?.ToString());
        yaml.Raw(2, "ping", host.AnswersPing ? null : "no");
        yaml.Raw(2, "icmp-rate", host.IcmpErrorsPerSecond == 0 ? null : host.IcmpErrorsPerSecond.ToString(CultureInfo.InvariantCulture));
        yaml.Raw(2, "default-tcp", host.DefaultTcp == usual.DefaultTcp ? null : PolicyText.Format(host.DefaultTcp));
        yaml.Raw(2, "default-udp", host.DefaultUdp == usual.DefaultUdp ? null : PolicyText.Format(host.DefaultUdp));
        yaml.Section(2, "ports", host.Ports.Count);
        foreach (var rule in host.Ports)
        {
            yaml.Raw(3, PortText.Format(rule.Protocol, rule.Ports), PolicyText.Format(rule.Policy));
        }
    }

    private static void WritePhrases(Lines yaml, int depth, string key, IEnumerable<string> phrases)
    {
        var all = phrases.ToList();
        yaml.Section(depth, key, all.Count);
        foreach (var phrase in all)
        {
            yaml.Item(depth + 1, YamlText.Quote(phrase));
        }
    }

    private static string Addresses(InternetAddress? ipv4, InternetAddress? ipv6) =>
        YamlText.OneOrMore([.. FreeAddresses.Present(ipv4, ipv6).Select(a => a.ToString())]);

    // Keys with their values, by depth of their indentation.
    private sealed class Lines(TextWriter writer)
    {
        public void Value(int depth, string key, string? value) => Raw(depth, key, value is null ? null : YamlText.Quote(value));

        public void Raw(int depth, string key, string? value)
        {
            if (value is not null)
            {
                Indent(depth);
                writer.WriteLine($"{YamlText.Quote(key)}: {value}");
            }
        }

        public void Section(int depth, string key, int count)
        {
            if (count > 0)
            {
                Indent(depth);
                writer.WriteLine($"{YamlText.Quote(key)}:");
            }
        }

        public void Item(int depth, string value)
        {
            Indent(depth);
            writer.WriteLine($"- {value}");
        }

        private void Indent(int depth) => writer.Write(new string(' ', depth * 2));
    }
}
