using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Lab;

/// <summary>Which packets of a scenario are in its capture: each once, or those of a host, a network, all networks.</summary>
public sealed class CaptureViewTests
{
    [Trait("Quick", "no")]
    [Fact]
    public async Task A_routed_packet_is_there_once_on_the_network_of_the_client()
    {
        var (topology, all) = (LabLibrary.Load("two-browsers"), await CaptureAsync("two-browsers", CaptureView.All));
        var once = await CaptureAsync("two-browsers", CaptureView.Once);

        // The PC began all connections, so its network has their packets, both ways.
        Assert.Equal(all.Count, 2 * once.Count);
        Assert.All(once, frame => Assert.Equal(topology.Networks[0].Name, frame.Network));
    }

    [Fact]
    public async Task What_is_lost_is_there_as_lost_and_what_brings_its_bytes_later_as_sent_again()
    {
        var (once, all) = (await CaptureAsync("udp-or-tcp", CaptureView.Once), await CaptureAsync("udp-or-tcp", CaptureView.All));
        static bool IsLost(Frame frame) => frame.Comment.Contains(": lost", StringComparison.Ordinal);

        Assert.Equal(11, all.Count(IsLost));
        Assert.Equal(11, once.Count(IsLost));
        Assert.All(
            once.Where(IsLost),
            static f => Assert.Equal(f.Network == "west" ? "sender > left: lost on left-right" : "right > nobody: lost", f.Comment));

        // Of TCP, data that was lost comes again. The datagrams of UDP do not.
        Assert.Equal(5, once.Count(static f => f.Comment == "sender > left: sent again after a loss"));
        Assert.Equal(9, once.Count(static f => IsLost(f) && f.Network == "west"));
    }

    [Fact]
    public async Task What_a_router_translates_is_there_on_both_sides()
    {
        var once = await CaptureAsync("port-forward", CaptureView.Once);

        // Both ends of the connection through the forwarded port, as each side has them: three segments open each.
        foreach (var (port, network) in new[] { (8080, "internet"), (80, "home") })
        {
            var syn = Assert.Single(
                once,
                f => f.DestinationPort == port && f.Flags == TcpFlags.Syn && f.Network == network
                    && !f.Comment.Contains("rejected", StringComparison.Ordinal));
            Assert.Single(
                once, f => f.SourcePort == port && f.DestinationPort == syn.SourcePort && f.Flags == (TcpFlags.Syn | TcpFlags.Ack));
        }
    }

    [Fact]
    public async Task A_RST_that_a_router_makes_in_the_name_of_a_host_is_there()
    {
        var (once, all) = (await CaptureAsync("firewall", CaptureView.Once), await CaptureAsync("firewall", CaptureView.All));

        static bool IsMade(
            Frame f) =>
                f.Comment.StartsWith("gateway > ", StringComparison.Ordinal) && (f.Flags & TcpFlags.Rst) != 0
                    && f is { Network: "internet", SourcePort: 110 };
        Assert.Contains(all, IsMade);
        Assert.Equal(all.Count(IsMade), once.Count(IsMade));
    }

    [Trait("Quick", "no")]
    [Fact]
    public async Task The_view_of_a_host_has_what_it_sends_and_receives()
    {
        var topology = LabLibrary.Load("two-browsers");
        var frames = await CaptureAsync("two-browsers", CaptureView.OfHost(topology, "SITE1"));

        Assert.NotEmpty(frames);
        Assert.All(
            frames,
            static f =>
                Assert.True(
                    f.Comment.StartsWith("site1 > ", StringComparison.Ordinal) != f.Comment.Contains(" > site1", StringComparison.Ordinal),
                    f.Comment));
        Assert.Single(frames.Select(static f => f.Network).Distinct());

        // What a router passes on comes and goes; here it comes only.
        var router = await CaptureAsync("two-browsers", CaptureView.OfHost(topology, topology.Routers[0].Name));
        Assert.Equal((await CaptureAsync("two-browsers", CaptureView.Once)).Count, router.Count);
    }

    [Trait("Quick", "no")]
    [Fact]
    public async Task A_host_that_hears_what_is_sent_to_all_has_it_in_its_view_though_others_hear_it_too()
    {
        var topology = LabLibrary.Load("well-known");
        var frames = await CaptureAsync("well-known", CaptureView.OfHost(topology, "box"));

        Assert.Contains(frames, static f => f is { DestinationPort: 67, SourcePort: 68 });
        Assert.Contains(frames, static f => f is { DestinationPort: 68, SourcePort: 67 });
    }

    [Fact]
    public async Task The_view_of_a_network_has_what_crosses_it_and_a_link_has_a_name()
    {
        var topology = LabLibrary.Load("udp-or-tcp");
        var link = await CaptureAsync("udp-or-tcp", CaptureView.OfNetwork(topology, "left-right"));

        Assert.NotEmpty(link);
        Assert.All(link, static f => Assert.Equal("left-right", f.Network));
        Assert.Contains(link, static f => f.Comment == "left > nobody: lost");
    }

    [Fact]
    public void A_name_that_the_lab_has_not_is_an_error_with_those_that_it_has()
    {
        var topology = LabLibrary.Load("udp-or-tcp");

        var host = Assert.Throws<PortolanException>(() => CaptureView.OfHost(topology, "west"));
        Assert.Equal(
            ("the lab has no host or router named west", "there are sender, receiver, primary, secondary, left, right, vantage"),
            (host.Message, host.Hint?.ToString()));
        var network = Assert.Throws<PortolanException>(() => CaptureView.OfNetwork(topology, "sender"));
        Assert.Equal(
            ("the lab has no network or link named sender", "there are west, east, left-right"),
            (network.Message, network.Hint?.ToString()));
    }

    private static async Task<List<Frame>> CaptureAsync(string name, CaptureView view)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        using var capture = new MemoryStream();
        var report = await ScenarioPlayer.PlayAsync(scenario, LabLibrary.Load(name), capture: capture, view: view);
        Assert.True(report.Succeeded);
        capture.Position = 0;
        var reader = new PcapngReader(capture);
        var frames = new List<Frame>();
        while (reader.TryRead(out var packet))
        {
            Assert.True(PacketHeads.TryRead(packet.Frame, out var heads));
            frames.Add(new Frame(
                packet.Interface.Name, Assert.Single(packet.Options.Comments), heads.Source, heads.SourcePort, heads.DestinationPort,
                heads.Flags));
        }

        Assert.Equal(PcapngEnd.Complete, reader.End);
        return frames;
    }

    private sealed record Frame(
        string Network, string Comment, InternetAddress Source, ushort SourcePort, ushort DestinationPort, TcpFlags Flags);
}
