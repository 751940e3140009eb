using System.Text;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Tests.Scan.Identification;

/// <summary>Names of products in the Common Platform Enumeration, by the words of NVD and Recog.</summary>
public sealed class CpeTests
{
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
}
