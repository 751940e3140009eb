using System.Text;
using System.Text.RegularExpressions;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Protocols;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Identification;

/// <summary>Names of products in the Common Platform Enumeration, by the words of NVD and Recog.</summary>
public sealed partial class CpeTests
{
    // Part, vendor and product, where it stands.
    private static readonly string[][] Known =
    [
        .. File.ReadLines(Repository.PathOf("data", "cpe-names.txt")).Where(static line => !line.StartsWith('#'))
            .Select(static line => line.Split('\t')),
    ];

    [Fact]
    public void Each_name_in_the_code_was_looked_up_and_each_that_was_looked_up_is_used()
    {
        var folder = Repository.PathOf("src", "Portolan.Scan", "Identification");
        var used = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .SelectMany(static file => Pair().Matches(File.ReadAllText(file)).Select(static match => match.Groups[1].Value))
            .Where(static pair => !pair.StartsWith("jabber:", StringComparison.Ordinal))
            .Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(Known.Select(static row => row[1]).Order(StringComparer.Ordinal), used);
    }

    [Fact]
    public void Each_name_stands_in_the_dictionary_of_NVD_or_in_Recog_as_the_part_that_is_given()
    {
        Assert.All(Known, static row => Assert.Matches("^(nvd( CVE-[0-9]+-[0-9]+)?|recog|nvd(?: CVE-[0-9]+-[0-9]+)?, recog)$", row[2]));
        Assert.All(Known, static row => Assert.Equal([$"cpe:/{row[0]}:{row[1]}:1.0"], Cpe.Of(row[1], "1.0")));
    }

    [Theory]
    [InlineData("mini_httpd/1.30 26Oct2018", "cpe:/a:acme:mini_httpd:1.30")]
    [InlineData("Microsoft-IIS/10.0", "cpe:/a:microsoft:internet_information_services:10.0")]
    public void Servers_of_HTTP(string server, string name)
    {
        var reply = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nServer: {server}\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal([name], new HttpProtocol().Read(new ServiceReply(reply, HttpProtocol.Get, isEnded: true)).Service?.Cpes);
    }

    [Theory]
    [InlineData("Knot DNS 3.2.6", "cpe:/a:knot-dns:knot_dns:3.2.6")]
    [InlineData("PowerDNS Authoritative Server 4.7.3 (built)", "cpe:/a:powerdns:authoritative_server:4.7.3")]
    [InlineData("Microsoft DNS 10.0.17763", null)]
    public void Servers_of_DNS(string version, string? name)
    {
        var protocol = new DnsProtocol(isStream: false);
        var question = protocol.Opening.BytesFor(RecordedService.Read("bind-udp").Target(53)).ToArray();
        byte[] answer =
        [
            .. question.AsSpan(0, 30), 0xC0, 12, 0, 16, 0, 3, 0, 0, 0, 0, 0, (byte)(version.Length + 1), (byte)version.Length,
            .. Encoding.ASCII.GetBytes(version),
        ];
        (answer[2], answer[3], answer[7], answer[11]) = (0x80, 0, 1, 0);
        Assert.Equal(name is null ? [] : [name], protocol.Read(new ServiceReply(answer, protocol.Opening, isEnded: true)).Service?.Cpes);
    }

    // A vendor and a product as a text in the code.
    [GeneratedRegex("\"([a-z0-9_.+-]+:[a-z0-9_.+-]+)\"")]
    private static partial Regex Pair();
}
