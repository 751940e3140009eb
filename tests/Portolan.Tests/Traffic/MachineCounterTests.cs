using Portolan.Traffic.Machine;

namespace Portolan.Tests.Traffic;

/// <summary>The kernel's counters in /proc/net, as it writes them and as it does not.</summary>
public sealed class MachineCounterTests
{
    [Fact]
    public void Counters_of_protocols_are_found_by_their_names()
    {
        const string Text =
            "Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: RtoAlgorithm ActiveOpens PassiveOpens AttemptFails EstabResets\n"
            + "Tcp: 1 70 30 5 2\nUdp: InDatagrams NoPorts InErrors OutDatagrams\nUdp: 11 0 0 12\nUdpLite: InDatagrams\nUdpLite: 9\n";

        Assert.Equal(new ProtocolCounters(95, 11, 12), ProtocolCounters.Parse(Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Tcp: ActiveOpens PassiveOpens AttemptFails\nTcp: 1\nUdp: InDatagrams OutDatagrams\nUdp: 1 2\n")]
    [InlineData("Tcp: ActiveOpens PassiveOpens AttemptFails\nTcp: a b c\nUdp: InDatagrams OutDatagrams\nUdp: 1 2\n")]
    [InlineData("Tcp: ActiveOpens PassiveOpens AttemptFails")]
    public void Counters_that_are_not_there_are_not_zero(string text) => Assert.Null(ProtocolCounters.Parse(text));

    [Fact]
    public void Interfaces_have_what_they_received_and_sent()
    {
        const string Text =
            "Inter-|   Receive\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
            + "    lo: 100 2 0 0 0 0 0 0 100 2 0 0 0 0 0 0\n  eth0:5000 40 0 0 0 0 0 0 700 9 0 0 0 0 0 0\nbroken: 1 2 3\n";

        Assert.Equal(
            [new InterfaceCounters("lo", 100, 100, 2, 2), new InterfaceCounters("eth0", 5000, 700, 40, 9)], InterfaceCounters.Parse(Text));
    }

    [Fact]
    public void An_interface_that_was_made_anew_has_no_difference()
    {
        var before = new InterfaceCounters("eth0", 100, 100, 2, 2);

        Assert.Equal(new InterfaceCounters("eth0", 50, 1, 1, 0), new InterfaceCounters("eth0", 150, 101, 3, 2).Since(before));
        Assert.Null(new InterfaceCounters("eth0", 99, 101, 3, 2).Since(before));
    }
}
