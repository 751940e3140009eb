using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>A router that forwards ports: it rewrites the destination of what comes in and the source of what goes back (DNAT).</summary>
internal sealed class PortForwarding : IScenario
{
    private const int WebPort = 8080;

    private const int SshPort = 2222;

    private const int OtherPort = 8081;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Name => "port-forward";

    public string Summary => "two hosts behind one public address: the router forwards a port to each (DNAT)";

    public async Task PlayAsync(ScenarioStage stage)
    {
        await DirectAsync(stage);
        await using var browser = await ForwardAsync(stage);
        await FetchAsync(stage, browser);
        await SecondHostAsync(stage);
        await OtherPortAsync(stage);
    }

    private static async Task DirectAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "Two servers stand in a home network, behind the router gateway: web, and nas, which speaks Telnet and SSH. Their addresses "
                + "are for the home alone, as private addresses are "
            + "(RFC 1918). A friend outside asks web for port 80, and nas for Telnet, at these addresses. The provider's router knows no "
            + "way there, and says so.");
        foreach (var (host, port) in new[] { ("web", 80), ("nas", 23) })
        {
            await using var dial = await Dial.TryAsync(stage["friend"], stage.EndPointOf(host, port), Patience, stage.Time);
            stage.ExpectEqual("network unreachable", dial.Outcome, $"what the friend sees at port {port} of {host}");
            stage.Expect(
                stage[host].GetSockets().Any(s => s.State == TcpState.Listen && s.LocalPort.Value == port), $"{host} does listen there");
        }

        stage.Expect(
            stage.Packets.Count > 0 && stage.Packets.All(static p => p.Segment == "internet"),
            "no packet of this gets further than the provider's router");
        stage.Remark(
            "It is the addresses that keep the others out here, more than the firewall: that has to allow port 80 of web, for it sees a "
                + "forwarded segment with its new destination. "
            + "A careful one lets in only what was translated (nftables: ct status dnat).");
    }

    private static async Task<TcpStream> ForwardAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            $"The router has a public address, {PublicAddress(stage)}, and a rule for its port {WebPort}: tcp {WebPort} to web:80. It does "
                + $"not listen there itself: "
            + "it gives each segment another destination and passes it on. Replies get the router's address and port as their "
            + "source, so the friend notices nothing.");
        stage.ExpectEqual(0, stage["gateway"].GetSockets().Count, "the number of sockets that the router has");
        var dial = await Dial.TryAsync(stage["friend"], new(PublicAddress(stage).ToIPAddress(), WebPort), Patience, stage.Time);
        var stream = dial.Stream
            ?? throw new PortolanException(
                $"the forwarded port {WebPort} does not connect: {dial.Outcome}",
                $"the router needs forward: tcp {WebPort} to web:80, and a rule that allows it", ExitCode.Failed);
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        var crossings = WirePacket.Crossings(stage.Packets);
        stage.Show("the handshake, network by network", CrossingTable.Lines(crossings));
        CheckRewriting(stage, crossings);
        return stream;
    }

    private static void CheckRewriting(ScenarioStage stage, IReadOnlyList<WirePacket> crossings)
    {
        var (friend, gateway, web) = (stage.AddressOf("friend"), PublicAddress(stage), stage.AddressOf("web"));
        var (asked, passed) = (Find(crossings, TcpFlags.Syn, "internet"), Find(crossings, TcpFlags.Syn, "home"));
        var (answered, returned) = (Find(crossings, TcpFlags.Syn | TcpFlags.Ack, "home"),
            Find(crossings, TcpFlags.Syn | TcpFlags.Ack, "internet"));
        if (asked is null || passed is null || answered is null || returned is null)
        {
            stage.Expect(false, "SYN and SYN-ACK are seen on both sides of the router");
            return;
        }

        stage.ExpectEqual($"{gateway}:{WebPort}", asked.Ends.Destination, "the destination of the SYN outside");
        stage.ExpectEqual($"{web}:80", passed.Ends.Destination, "its destination inside");
        stage.Expect(asked.Ends.Source == passed.Ends.Source && asked.Source == friend, "its source is the friend's on both sides");
        stage.ExpectEqual($"{web}:80", answered.Ends.Source, "the source of the SYN-ACK inside");
        stage.ExpectEqual($"{gateway}:{WebPort}", returned.Ends.Source, "its source outside");
        stage.Expect(
            SequenceOf(asked) == SequenceOf(passed) && SequenceOf(answered) == SequenceOf(returned),
            "the sequence numbers are the same on both sides: it is one connection, not two");
        stage.Expect(
            crossings.All(static p => HasValidChecksum(p.Record.Bytes)),
            "the checksums are right on both sides, so the router has changed them too");
    }

    private static async Task FetchAsync(ScenarioStage stage, TcpStream browser)
    {
        await stage.StepAsync("The friend's browser asks for the page. The two ends of this one connection name different socket pairs, "
            + "and both are right: the router knows both.");
        var reply = await Browser.GetAsync(browser, "home.example", "/");
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        stage.ShowSockets(["friend", "web"], static s => s.RemoteAddress is not null);
        stage.Show("reply, shortened", [.. Browser.Gist(reply)]);
        stage.Expect(reply.Contains("Hello from behind the router.", StringComparison.Ordinal), "it is the page of the server at home");
        var (outer, inner) = (stage["friend"].GetSockets().SingleOrDefault(static s => s.RemoteAddress is not null),
            stage["web"].GetSockets().SingleOrDefault(static s => s.RemoteAddress is not null));
        stage.ExpectEqual(
            $"{PublicAddress(stage)}:{WebPort}",
            outer is { RemoteAddress: { } peer } ? NetstatTable.Name(peer, outer.RemotePort) : "nothing",
            "the peer of the friend's socket");
        stage.ExpectEqual(
            $"{stage.AddressOf("web")}:80", inner is not null ? NetstatTable.Name(inner.LocalAddress, inner.LocalPort) : "nothing",
            "the local end of the server's socket");
        stage.ExpectEqual(stage.AddressOf("friend"), inner?.RemoteAddress ?? default, "the client's address that the server sees");
    }

    private static async Task SecondHostAsync(ScenarioStage stage)
    {
        await stage.StepAsync($"One public address, several hosts behind it: the port says which. Port {SshPort} is "
            + $"forwarded to port 22 of nas.");
        await using var dial = await Dial.TryAsync(stage["friend"], new(PublicAddress(stage).ToIPAddress(), SshPort), Patience, stage.Time);
        var banner = dial.Stream is { } stream ? await new Talk(stream).HearAsync() : dial.Outcome;
        stage.Show("what the friend reads", banner);
        stage.Expect(banner.StartsWith("SSH-2.0-", StringComparison.Ordinal), $"an SSH server answers at port {SshPort}", banner);
        stage.Expect(
            WirePacket.Arrived(stage.Packets).Any(
                s => s.Record.To == "nas" && s.Is(TcpFlags.Syn) && s.DestinationPort.Value == 22
                    && s.Destination == stage.AddressOf("nas")),
            "the SYN arrived at port 22 of nas");
    }

    private static async Task OtherPortAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            $"Port {OtherPort} is not forwarded. A segment for it is for the router itself, where nothing listens, and its RST says so.");
        await using var dial =
            await Dial.TryAsync(stage["friend"], new(PublicAddress(stage).ToIPAddress(), OtherPort), Patience, stage.Time);
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        stage.ExpectEqual("connection refused", dial.Outcome, "what the friend sees");
        stage.Expect(
            WirePacket.Arrived(stage.Packets) is [_, var reset] && reset.Is(TcpFlags.Rst | TcpFlags.Ack)
                && reset.Source == PublicAddress(stage), "the RST comes from the router");
        stage.ExpectEqual(0, stage.Packets.Count(static p => p.Segment == "home"), "the number of packets that the home sees of it");
        stage.Remark("Then the browser's connection is closed.");
    }

    private static InternetAddress PublicAddress(ScenarioStage stage) =>
        stage.Network.Topology.Routers.SelectMany(static r => r.Ports).FirstOrDefault(static p => p.Network == "line")?.Ipv4
        ?? throw new PortolanException(
            "the router has no address in the network line", $"the scenario plays in its own topology: portolan lab list", ExitCode.Failed);

    private static WirePacket? Find(IEnumerable<WirePacket> crossings, TcpFlags flags, string network) =>
        crossings.FirstOrDefault(p => p.Is(flags) && p.Record.Segment == network);

    private static uint SequenceOf(
        WirePacket packet) =>
            PacketHeads.TryRead(packet.Record.Bytes, out var heads) && TcpSegment.TryRead(heads.Payload, out var segment)
                ? segment.Sequence
                : 0;

    private static bool HasValidChecksum(byte[] packet) =>
        PacketHeads.TryRead(packet, out var heads) && TcpSegment.TryRead(heads.Payload, out var segment)
            && segment.HasValidChecksum(heads.Source, heads.Destination)
        && InternetChecksum.Of(packet.AsSpan(0, heads.HeaderLength)) == 0;
}

/// <summary>Packets network by network: the same packet stands once for each that it crossed, as it looked there.</summary>
internal static class CrossingTable
{
    internal static ColumnTable Lines(IEnumerable<WirePacket> crossings) => TextColumns.Lines(
        ["network", "segment", "source", "", "destination", "reaches"],
        crossings.Select(static p => (IReadOnlyList<string>)
        [
            p.Record.Segment, PacketLabel.Of(p.Record.Bytes).Split(' ')[0], p.Ends.Source, "->", p.Ends.Destination,
            p.Record.Fate == Running.Wire.WireOutcome.Dropped ? $"{p.Record.To}, which drops it" : p.Record.To ?? "nobody",
        ]));
}
