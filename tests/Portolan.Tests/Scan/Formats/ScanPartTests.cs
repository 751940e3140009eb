using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Scan.Formats;

/// <summary>What a run is for, in nmap's words.</summary>
public sealed class ScanPartTests
{
    private static readonly ProbePorts First = Ports(TransportProtocol.Tcp, "22,80");
    private static readonly ProbePorts Second = Ports(TransportProtocol.Udp, "53");
    private static readonly ProbePorts Third = Ports(TransportProtocol.Tcp, "80-81");

    [Fact]
    public void The_ports_of_all_hosts_are_united_by_protocol() => Assert.Equal(
        ["ack tcp 22,80-81", "udp udp 53"],
        ScanPart.ListOf(new ScanSettings { Seed = 1, Tcp = TcpTechnique.Ack, Udp = true }, First, Second, Third).Select(
            p => $"{p.Type} {p.Protocol.Name()} {p.Ports}"));

    [Fact]
    public void Looking_for_hosts_only_has_no_part() =>
        Assert.Empty(ScanPart.ListOf(new ScanSettings { Seed = 1, DiscoveryOnly = true }, First));

    [Theory]
    [InlineData(TcpTechnique.Syn)]
    [InlineData(TcpTechnique.Connect)]
    [InlineData(TcpTechnique.Ack)]
    [InlineData(TcpTechnique.Null)]
    [InlineData(TcpTechnique.Fin)]
    [InlineData(TcpTechnique.Xmas)]
    public void Every_technique_has_a_word_of_nmap(TcpTechnique technique) => Assert.True(ScanTypes.IsKnown(ScanTypes.NameOf(technique)));

    private static ProbePorts Ports(TransportProtocol protocol, string ports) =>
        new([.. PortSet.Parse(ports).Select(p => new ProbePort(protocol, p))]);
}
