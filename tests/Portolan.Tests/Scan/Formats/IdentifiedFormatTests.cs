using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;

namespace Portolan.Tests.Scan.Formats;

/// <summary>What -sV found, in every format.</summary>
public sealed class IdentifiedFormatTests
{
    private static readonly ScanOutputOptions Options = ScanStories.Options with { Identifies = true };

    private static HostStory Host() => new HostStory("198.18.0.1").Open("22,443,8888,9100")
        .Is(22, new ServiceAnswer(ServiceOutcome.Identified, new IdentifiedService("ssh")
        {
            Product = "OpenSSH",
            Version = "9.2p1",
            Info = "protocol 2.0",
            OperatingSystem = "Debian",
            HostName = "a/b, c",
            Cpes = ["cpe:/a:openbsd:openssh:9.2p1"],
        }))
        .Is(443, new ServiceAnswer(ServiceOutcome.Identified, new IdentifiedService("http")
        {
            Product = "a<b\u202e, 1/2",
            Tunnel = "ssl",
            Confidence = 8,
        }))
        .Is(8888, new ServiceAnswer(ServiceOutcome.Unknown, null) { Heard = "hi\u0001\n"u8.ToArray() })
        .Is(9100, new ServiceAnswer(ServiceOutcome.NotAsked, null) { Reason = "printer port" });

    [Fact]
    public void Json_has_the_facts_and_null_for_what_is_not_known()
    {
        var ports = ScanStories.Json([Host()], Options).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonDocument.Parse(line).RootElement)
            .Where(static line => line.GetProperty("event").GetString() == "port").ToArray();

        var ssh = ports[0].GetProperty("identified");
        Assert.Equal(
            "ssh OpenSSH 9.2p1 protocol 2.0 Debian a/b, c",
            string.Join(
                ' ',
                new[] { "protocol", "product", "version", "info", "os", "hostname" }.Select(name => ssh.GetProperty(name).GetString())));
        Assert.Equal(["cpe:/a:openbsd:openssh:9.2p1"], ssh.GetProperty("cpe").EnumerateArray().Select(static cpe => cpe.GetString()));
        Assert.Equal((JsonValueKind.Null, 10), (ssh.GetProperty("tunnel").ValueKind, ssh.GetProperty("confidence").GetInt32()));
        Assert.Equal(
            ("ssl", 8, JsonValueKind.Null),
            (ports[1].GetProperty("identified").GetProperty("tunnel").GetString(),
                ports[1].GetProperty("identified").GetProperty("confidence").GetInt32(),
                ports[1].GetProperty("identified").GetProperty("version").ValueKind));
        Assert.Equal(
            ["identified", "identified", "unknown", "not-asked"],
            ports.Select(static port => port.GetProperty("serviceState").GetString()));
        Assert.Equal([null, null, "hi\\x01", null], ports.Select(static port => port.GetProperty("reply").GetString()));
        Assert.Equal(JsonValueKind.Null, ports[2].GetProperty("identified").ValueKind);
    }

    [Fact]
    public void Nmaps_XML_has_a_probed_service_and_is_read_again()
    {
        var text = ScanStories.Xml([Host()], Options);
        var services = XDocument.Parse(text).Descendants("service").ToArray();
        Assert.Equal(
            "name=ssh product=OpenSSH version=9.2p1 extrainfo=protocol 2.0 hostname=a/b, c ostype=Debian method=probed conf=10",
            string.Join(' ', services[0].Attributes().Select(static a => $"{a.Name}={a.Value}")));
        Assert.Equal("cpe:/a:openbsd:openssh:9.2p1", services[0].Element("cpe")!.Value);
        Assert.Equal(
            "name=http product=a<b\u202e, 1/2 tunnel=ssl method=probed conf=8",
            string.Join(' ', services[1].Attributes().Select(static a => $"{a.Name}={a.Value}")));
        Assert.All(services.Skip(2), static service => Assert.Equal("table", service.Attribute("method")?.Value));

        var again = new HeardPorts();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        new NmapXmlReader(stream, "test", [again]).Replay(CancellationToken.None);
        Assert.Equal("OpenSSH 9.2p1 (protocol 2.0)", ServiceText.VersionOf(again.Ports[0].Service?.Service));
        Assert.Equal(
            (Evidence.Identified, "ssl", 8),
            (again.Ports[1].Evidence, again.Ports[1].Service?.Service?.Tunnel, again.Ports[1].Service?.Service?.Confidence));
        Assert.Null(again.Ports[2].Service);
    }

    [Fact]
    public void The_normal_format_has_a_column_for_versions()
    {
        var text = ScanStories.Written(static stream => new NormalWriter(stream, Options), [Host()]);
        Assert.Contains(
            """
            PORT     STATE SERVICE         VERSION
            22/tcp   open  ssh             OpenSSH 9.2p1 (protocol 2.0)
            443/tcp  open  ssl/http        a<b\u{202e}, 1/2
            8888/tcp open  ddi-tcp-1?      unknown: says "hi\x01"
            9100/tcp open  hp-pdl-datastr? not asked (printer port)

            """,
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_grepable_format_has_a_field_for_versions()
    {
        var text = ScanStories.Written(static stream => new GrepableWriter(stream, Options), [Host()]);
        Assert.Contains("22/open/tcp//ssh//OpenSSH 9.2p1 (protocol 2.0)/, 443/open/tcp//ssl|http//a<b\\u{202e}  1|2/, "
            + "8888/open/tcp//ddi-tcp-1?///, 9100/", text, StringComparison.Ordinal);
    }

    private sealed class HeardPorts : IScanObserver
    {
        public List<PortResult> Ports { get; } = [];

        public void Started(ScanStart run)
        {
        }

        public void HostFound(HostResult host)
        {
        }

        public void PortFound(Portolan.Scan.Targets.Target target, in PortResult port) => Ports.Add(port);

        public void HostFinished(HostReport report)
        {
        }

        public void Progress(ScanProgress progress)
        {
        }

        public void Warning(string message)
        {
        }

        public void Ended(ScanEnd balance)
        {
        }
    }
}
