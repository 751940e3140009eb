using Portolan.Model;
using Portolan.Scan.Identification;

namespace Portolan.Tests.Scan.Identification;

/// <summary>
/// What real servers said, replayed inside TLS with real handshakes: on the port that the protocol has inside TLS, and on others.
/// </summary>
public sealed class RecordedTlsTests
{
    private static readonly ushort[] ForeignPorts = [4567, 60001, 443];

    public static TheoryData<string> Names => [.. Streams().Select(static service => service.Name)];

    public static TheoryData<string, int> OnTlsPorts
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var service in Streams())
            {
                var name = RecordedServiceTests.Expected[service.Name].Split('|')[0];
                if (ServiceCatalog.Tcp.FirstOrDefault(protocol => protocol.Name == name && protocol.TlsPorts.Count > 0) is { } protocol)
                {
                    data.Add(service.Name, protocol.TlsPorts[0]);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(OnTlsPorts))]
    public void Is_known_on_the_port_that_its_protocol_has_inside_TLS(string name, int port)
    {
        var answer = TlsReplay.Ask(RecordedService.Read(name), (ushort)port);
        Assert.Equal(RecordedServiceTests.Expected[name], RecordedServiceTests.Describe(answer));
        Assert.Equal("ssl", answer.Service?.Tunnel);
    }

    [Trait("Quick", "no")]
    [Theory]
    [MemberData(nameof(Names))]
    public void Is_known_or_unknown_inside_TLS_on_other_ports(string name)
    {
        var service = RecordedService.Read(name);
        foreach (var port in ForeignPorts.Append(service.Port))
        {
            var answer = TlsReplay.Ask(service, port);
            RecordedServiceTests.AssertRightOrUnknown(name, answer, $"inside TLS on port {port}");
            Assert.True(answer.Service?.Protocol != "tcpwrapped" || answer.Service.Tunnel == "ssl", $"{name}: {answer.Service}");
        }
    }

    private static IEnumerable<RecordedService> Streams() =>
        RecordedService.All().Select(RecordedService.Read).Where(static service => service.Protocol == TransportProtocol.Tcp);
}
