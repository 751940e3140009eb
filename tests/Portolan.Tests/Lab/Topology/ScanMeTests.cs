using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;

namespace Portolan.Tests.Lab.Topology;

/// <summary>The topology that scanners are tried on holds what its description says.</summary>
public sealed class ScanMeTests
{
    private static readonly LabTruth Truth = LabTruth.Create(LabLibrary.Load("scan-me"));

    [Theory]
    [InlineData("open", "80", PortState.Open)]
    [InlineData("closed", "80", PortState.Closed)]
    [InlineData("filtered", "22", PortState.Filtered)]
    [InlineData("filtered", "80", PortState.Open)]
    [InlineData("silent", "80", PortState.Filtered)]
    [InlineData("no-ping", "80", PortState.Open)]
    [InlineData("errors", "1-7", PortState.Filtered)]
    [InlineData("errors", "8-100", PortState.Closed)]
    [InlineData("errors", "4/udp", PortState.Closed)]
    [InlineData("errors", "1-3,5-7/udp", PortState.Filtered)]
    [InlineData("everything", "1-65535", PortState.Open)]
    [InlineData("tarpit", "25", PortState.Open)]
    [InlineData("datagrams", "7,13,53/udp", PortState.Open)]
    [InlineData("datagrams", "9,161/udp", PortState.OpenFiltered)]
    [InlineData("datagrams", "162/udp", PortState.Closed)]
    public void Each_host_is_of_the_kind_it_is_named_for(string host, string ports, PortState state)
    {
        var isUdp = ports.EndsWith("/udp", StringComparison.Ordinal);
        var truths = Truth.PortsOf(
            SpanOf(host), isUdp ? ProbeType.Udp : ProbeType.Syn, PortSet.Parse(ports.Replace("/udp", "", StringComparison.Ordinal)));

        Assert.NotEmpty(truths);
        Assert.All(truths, truth => Assert.Equal((state, false), (truth.State, truth.Varies)));
    }

    [Fact]
    public void Who_answers_no_ping_is_told_apart() => Assert.Equal(
        ["no-ping", "silent"],
        Truth.Topology.Hosts.Where(h => !Truth.AnswersPing(SpanOf(h.Name))).Select(h => h.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Behind_the_syn_proxy_a_port_is_open_or_rightly_doubted() =>
        Assert.All(Truth.PortsOf(SpanOf("proxied"), ProbeType.Syn, PortSet.Parse("22,80")), truth => Assert.True(truth.IsSynProxy));

    [Fact]
    public void An_address_of_the_network_is_nobodys() =>
        Assert.DoesNotContain(Truth.Topology.Hosts, h => h.Addresses[0].Last.ToString() == "198.18.0.13");

    // How fast its refusals are asked for decides which of them come.
    [Fact]
    public void Only_the_host_that_limits_its_refusals_answers_now_so_and_now_so() => Assert.Equal(
        ["slow"],
        Truth.Topology.Hosts.Where(h => Varies(h.Name, ProbeType.Syn) || Varies(h.Name, ProbeType.Udp)).Select(h => h.Name));

    private static bool Varies(string host, ProbeType type) => Truth.PortsOf(SpanOf(host), type, PortSet.All()).Any(truth => truth.Varies);

    private static TruthSpan SpanOf(string host)
    {
        Assert.True(Truth.TryFind(Truth.Topology.Hosts.Single(h => h.Name == host).Addresses[0].First, out var span));
        return span;
    }
}
