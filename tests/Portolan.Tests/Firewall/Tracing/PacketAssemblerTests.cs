using Portolan.Firewall.Rules;
using Portolan.Firewall.Tracing;

namespace Portolan.Tests.Firewall.Tracing;

/// <summary>Events of live packets are put together, packet by packet.</summary>
public sealed class PacketAssemblerTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private readonly PacketAssembler _assembler = new("own");

    [Fact]
    public void A_packet_that_is_dropped_is_given_at_once()
    {
        Take(1, "own", VerdictKind.Continue);
        Take(1, "f", VerdictKind.Drop);

        var packet = Assert.Single(Give(Now));
        Assert.Equal(VerdictKind.Drop, packet.Verdict);
        Assert.Equal(["f"], packet.Events.Select(static told => told.TableName));
    }

    [Fact]
    public void A_packet_that_is_accepted_is_given_when_nothing_more_is_heard_of_it()
    {
        Take(1, "own", VerdictKind.Continue);
        Take(1, "f", VerdictKind.Accept);

        Assert.Empty(Give(Now));
        Assert.Equal(VerdictKind.Accept, Assert.Single(Give(Now + PacketAssembler.Patience)).Verdict);
    }

    [Fact]
    public void Packets_whose_events_mix_are_kept_apart()
    {
        Take(1, "own", VerdictKind.Continue);
        Take(2, "own", VerdictKind.Continue);
        Take(1, "a", VerdictKind.Accept);
        Take(2, "b", VerdictKind.Accept);
        Take(1, "c", VerdictKind.Drop);

        Assert.Equal(["a", "c"], Assert.Single(Give(Now)).Events.Select(static told => told.TableName));
        Assert.Equal(["b"], Assert.Single(Give(Now, isLast: true)).Events.Select(static told => told.TableName));
    }

    [Fact]
    public void A_number_that_begins_anew_is_another_packet()
    {
        Take(1, "own", VerdictKind.Continue);
        Take(1, "a", VerdictKind.Accept);
        Take(1, "own", VerdictKind.Continue);
        Take(1, "b", VerdictKind.Accept);

        Assert.Equal(["a", "b"], Give(Now, isLast: true).Select(static packet => packet.Events[0].TableName));
    }

    [Fact]
    public void The_end_of_a_chain_that_says_drop_does_not_end_a_packet_unless_it_is_a_policy()
    {
        Take(1, "own", VerdictKind.Continue);
        _assembler.Take(new TraceEvent(1, RuleFamily.Ip, "t", "c", TraceEventKind.Return, VerdictKind.Drop), Now);
        Assert.Empty(Give(Now));

        _assembler.Take(new TraceEvent(1, RuleFamily.Ip, "t", "c", TraceEventKind.Policy, VerdictKind.Drop), Now);
        Assert.Equal(VerdictKind.Drop, Assert.Single(Give(Now)).Verdict);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void However_many_there_are_memory_is_bounded_and_foreign_packets_go_first()
    {
        Take(0, "own", VerdictKind.Continue);
        for (var id = 1u; id < 5000; id++)
        {
            Take(id, "f", VerdictKind.Accept);
        }

        Assert.Single(Give(Now, isLast: true));
        for (var id = 0u; id < 5000; id++)
        {
            Take(id, "own", VerdictKind.Continue);
        }

        Assert.True(Give(Now).Count >= 5000 - 1024);
    }

    [Fact]
    public void A_packet_that_others_have_traced_is_none_of_ours()
    {
        Take(1, "theirs", VerdictKind.Continue);
        _assembler.Take(new TraceEvent(1, RuleFamily.Inet, "own", "prerouting", TraceEventKind.Rule, VerdictKind.Continue), Now);
        _assembler.Take(new TraceEvent(1, RuleFamily.Inet, "own", "prerouting", TraceEventKind.Policy, VerdictKind.Accept), Now);
        Take(1, "f", VerdictKind.Drop);
        Take(2, "own", VerdictKind.Continue, RuleFamily.Ip);

        Assert.Empty(Give(Now, isLast: true));
    }

    [Fact]
    public void What_another_table_saw_before_is_the_packets_way_too_but_not_another_trace()
    {
        Take(1, "theirs", VerdictKind.Continue, RuleFamily.NetDevice);
        _assembler.Take(
            new TraceEvent(
                1, RuleFamily.Inet, "portolan_trace2", "prerouting", TraceEventKind.Rule, VerdictKind.Continue)
            { RuleHandle = 4 }, Now);
        Take(1, "own", VerdictKind.Continue);
        Take(1, "f", VerdictKind.Drop);

        Assert.Equal(["theirs", "f"], Assert.Single(Give(Now)).Events.Select(static told => told.TableName));
    }

    private void Take(uint id, string table, VerdictKind verdict, RuleFamily family = RuleFamily.Inet) =>
        _assembler.Take(new TraceEvent(id, family, table, "c", TraceEventKind.Rule, verdict) { RuleHandle = 3 }, Now);

    private List<TracedPacket> Give(DateTimeOffset now, bool isLast = false)
    {
        var packets = new List<TracedPacket>();
        while (_assembler.TryGive(now, isLast, out var packet))
        {
            packets.Add(packet);
        }

        return packets;
    }
}
