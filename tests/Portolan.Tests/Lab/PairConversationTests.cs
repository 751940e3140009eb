using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;

namespace Portolan.Tests.Lab;

/// <summary>The socket pairs that a report shows are those that crossed the wire.</summary>
[Trait("Quick", "no")]
public sealed class PairConversationTests
{
    [Fact]
    public async Task A_port_that_is_used_again_is_two_conversations()
    {
        var report = await PlayAsync("example-com");

        var pairs = report.Conversations.Where(static c => c.DestinationPort.Value == 80).ToList();
        Assert.Equal(2, pairs.Count);
        Assert.Equal(pairs[0].SourcePort, pairs[1].SourcePort);
        Assert.All(pairs, static p => Assert.Equal(ConversationEnd.Closed, p.Outcome));
        Assert.True(pairs[1].Start > pairs[0].End);
    }

    [Fact]
    public async Task A_translated_connection_has_a_pair_on_each_side_with_the_same_data()
    {
        var report = await PlayAsync("port-forward");

        var outside = Assert.Single(report.Conversations, static c => c.DestinationPort.Value == 8080);
        var inside = Assert.Single(report.Conversations, c => c.DestinationPort.Value == 80 && c.SourcePort == outside.SourcePort);
        Assert.Equal(("internet", "home"), (outside.Segment, inside.Segment));
        Assert.Equal(
            (outside.PacketsThere, outside.PacketsBack, outside.BytesThere, outside.BytesBack),
            (inside.PacketsThere, inside.PacketsBack, inside.BytesThere, inside.BytesBack));
        Assert.True(outside.BytesThere > 0 && outside.BytesBack > 0);
    }

    [Fact]
    public async Task What_nobody_answers_is_unanswered_and_what_is_refused_is_reset()
    {
        var report = await PlayAsync("firewall");

        Assert.All(
            report.Conversations.Where(static c => c.DestinationPort.Value == 23 && c.Segment != "servers"),
            static c => Assert.Equal(ConversationEnd.Unanswered, c.Outcome));
        Assert.Equal(ConversationEnd.Reset, report.Conversations.First(static c => c.DestinationPort.Value == 8080).Outcome);
    }

    [Theory, MemberData(nameof(ScenarioTests.Names), MemberType = typeof(ScenarioTests))]
    public async Task Every_packet_of_a_pair_is_counted_once(string name)
    {
        var report = await PlayAsync(name);

        // Of a long step only the first packets are kept; pairs count all.
        var isWhole = report.Steps.All(static s => s.Packets.Count < ScenarioStage.MostPackets);
        foreach (var group in report.Conversations.GroupBy(static c => c.Segment))
        {
            var crossed = report.Steps.SelectMany(static s => s.Packets).Where(p => p.Segment == group.Key)
                .Select(static p => WirePacket.Crossings([p])).Count(w => w is [var x] && group.Any(c => Is(c, x)));
            var counted = group.Sum(static c => c.PacketsThere + c.PacketsBack);
            Assert.True(isWhole ? counted == crossed : counted > crossed, $"{counted} packets counted in {group.Key}, {crossed} crossed");
        }

        Assert.NotEmpty(report.Conversations);
    }

    [Fact]
    public async Task What_a_link_loses_is_sent_again_once()
    {
        var (sent, lost) = (0L, 0L);
        for (var seed = 1UL; seed <= 20; seed++)
        {
            var report = await PlayAsync("udp-or-tcp", seed);
            sent += report.Conversations[^1].BytesThere - 200_000;
            lost += WirePacket.Crossings(report.Steps[^1].Packets.Where(static p => p.Fate == WireOutcome.Lost)).Sum(
                static p => p.Data.Length);
        }

        // A last segment may be sent again to find out whether it was lost (RFC 8985 section 7).
        Assert.InRange(sent, lost, lost + (2 * 1448));
    }

    private static bool Is(PairConversation pair, WirePacket packet) => pair.Protocol == packet.Protocol
        && ((packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort) == (pair.Source, pair.SourcePort,
            pair.Destination, pair.DestinationPort)
            || (packet.Destination, packet.DestinationPort, packet.Source, packet.SourcePort) == (pair.Source, pair.SourcePort,
                pair.Destination, pair.DestinationPort));

    private static async Task<ScenarioReport> PlayAsync(string name, ulong? seed = null)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        return seed is null ? await PlayedScenario.Of(name) : await ScenarioPlayer.PlayAsync(scenario, LabLibrary.Load(name), seed);
    }
}
