using System.Xml.Linq;
using Portolan.Kernel.Tests.Support;
using Portolan.Lab.Topology;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>
/// The services of the lab <c>well-known</c> answer as the real ones do, so that programs that know those by their answers know them here.
/// </summary>
public sealed class WellKnownToolTests
{
    private const string Server = "203.0.113.10";

    /// <summary>What nmap calls the protocol of a port: its own words, and <c>ssl</c> before it for what is in TLS.</summary>
    private static readonly Dictionary<int, string> Names = new()
    {
        [7] = "echo",
        [13] = "daytime",
        [21] = "ftp",
        [22] = "ssh",
        [23] = "telnet",
        [25] = "smtp",
        [37] = "time",
        [53] = "domain",
        [80] = "http",
        [110] = "pop3",
        [119] = "nntp",
        [143] = "imap",
        [194] = "irc",
        [443] = "ssl/http",
        [587] = "smtp",
        [993] = "ssl/imap",
    };

    [Fact]
    public async Task Nmap_knows_every_service_by_its_name()
    {
        await using var lab = KernelLab.Create(Topology());
        var xml = lab.Host.Tool("nmap", null, "-n", "-Pn", "-sV", "-p", "1-1024", "-oX", "-", Server);

        var services = XDocument.Parse(xml).Descendants("port").Where(static p => p.Element("state")!.Attribute("state")!.Value == "open")
            .ToDictionary(
            static p => int.Parse(p.Attribute("portid")!.Value, System.Globalization.CultureInfo.InvariantCulture),
            static p => p.Element("service")!);
        Assert.Equal(
            Names.Select(static n => $"{n.Key} {n.Value}"),
            services.OrderBy(static s => s.Key).Select(
                static s =>
                    $"{s.Key} {(s.Value.Attribute("tunnel") is { } tunnel ? $"{tunnel.Value}/" : "")}{s.Value.Attribute("name")!.Value}"));

        // "probed" is what its answer told, not the number of its port; a fingerprint is what nmap prints of an answer that it does not
        // know.
        Assert.All(
            services,
            static s =>
                Assert.True(
                    s.Value.Attribute("method")!.Value == "probed" && s.Value.Attribute("servicefp") is null, $"{s.Key}: {s.Value}"));
    }

    [Fact]
    public async Task Nmap_knows_those_over_udp()
    {
        await using var lab = KernelLab.Create(Topology());
        var xml = lab.Host.Tool("nmap", null, "-n", "-Pn", "-sU", "-sV", "-p", "53,123,161", "-oX", "-", Server);

        var services = XDocument.Parse(xml).Descendants("port")
            .Select(static p => (Port: p.Attribute("portid")!.Value, Service: p.Element("service")!)).ToList();
        Assert.Equal(["53 domain", "123 ntp", "161 snmp"], services.Select(static s => $"{s.Port} {s.Service.Attribute("name")!.Value}"));
        Assert.All(
            services,
            static s =>
                Assert.True(s.Service.Attribute("method")!.Value == "probed" && s.Service.Attribute("servicefp") is null, $"{s.Service}"));
    }

    [Fact]
    public async Task Hydra_finds_the_password_of_the_telnet_user_and_no_other()
    {
        await using var lab = KernelLab.Create(Topology());
        using var folder = new ScratchFolder();
        File.WriteAllLines(folder.PathOf("right"), ["admin", "letmein", "secret", "password"]);
        File.WriteAllLines(folder.PathOf("wrong"), ["admin", "letmein", "SECRET", "secret1"]);

        var found = lab.Host.Tool("hydra", null, "-I", "-l", "user", "-P", folder.PathOf("right"), $"telnet://{Server}");
        Assert.Matches(@"(?m)^\[23\]\[telnet\] host: 203\.0\.113\.10 +login: user +password: secret$", found);
        Assert.Single(found.Split('\n'), static l => l.StartsWith("[23][telnet]", StringComparison.Ordinal));

        var (none, _, _) =
            lab.Host.Execute(Tool.Find("hydra"), null, "-I", "-l", "user", "-P", folder.PathOf("wrong"), $"telnet://{Server}");
        Assert.DoesNotContain("[23][telnet]", none, StringComparison.Ordinal);
        Assert.Contains("0 valid password", none, StringComparison.Ordinal);
    }

    private static LabTopology Topology()
    {
        var topology = LabLibrary.Load("well-known");
        return topology with { Vantage = topology.ResolveVantage() };
    }
}
