using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;

namespace Portolan.Tests.Scan.Connecting;

/// <summary>The results of many hosts in little memory.</summary>
public sealed class HostGroupTests
{
    private static HostGroup Group(string targets, string ports, int hosts) => new(
        SimulatedScan.Plan(targets, ports, SimulatedScan.Settings()), [.. Enumerable.Range(0, hosts).Select(i => (ulong)i).Reverse()],
        SilenceMeaning.For(TcpTechnique.Connect));

    private static PortResult Result(HostGroup group, int host, int port, PortState state, ReplyReason reason, byte timeToLive = 64) =>
        new(group.PortsOf(host)[port], state, reason, timeToLive, state == PortState.Open ? Evidence.SynAck : Evidence.None, null);

    [Fact]
    public void A_hundred_thousand_hosts_with_few_answers_take_less_than_twenty_megabytes()
    {
        var plan = SimulatedScan.Plan("198.18.0.0/15", "1-128", SimulatedScan.Settings());
        ulong[] numbers = [.. Enumerable.Range(0, 131_072).Select(i => (ulong)i)];

        // What other tests of this process hold is not counted; what is given up again meanwhile is.
        var before = GC.GetAllocatedBytesForCurrentThread();
        var group = new HostGroup(plan, numbers, SilenceMeaning.For(TcpTechnique.Syn));
        for (var host = 0; host < group.Count; host += 100)
        {
            group.SetHost(host, new HostResult(group[host], HostStatus.Up, ReplyReason.SynAck, 64, null));
            for (var port = 0; port < 128; port++)
            {
                group.Record(
                    host, port,
                    Result(
                        group, host, port, port == 80 ? PortState.Open : PortState.Closed,
                        port == 80 ? ReplyReason.SynAck : ReplyReason.Reset));
            }

            group.TakeFindings();
        }

        group.BeginPortStage(SimulatedScan.Settings());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 20_000_000);
        GC.KeepAlive(group);
    }

    [Fact]
    public void Every_address_is_found_and_no_other()
    {
        var group = Group("198.18.0.0/20 2001:db8::/116", "80", 8192);
        for (var host = 0; host < group.Count; host++)
        {
            Assert.Equal(host, group.IndexOf(group.AddressOf(host)));
            Assert.Equal(group[host].Address, group.AddressOf(host));
            Assert.True(host == 0 || group.AddressOf(host - 1) < group.AddressOf(host));
        }

        Assert.Equal(-1, group.IndexOf(InternetAddress.FromIPv4(0xc6121000)));
        Assert.Equal(-1, group.IndexOf(default));
    }

    [Fact]
    public void Probes_are_numbered_one_to_one_whatever_ports_hosts_have() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte>().Generator.Two().ToArbitrary(),
        pair =>
        {
            var group = Group($"192.0.2.1:1-{(pair.Item1 % 9) + 1} 192.0.2.2:80 192.0.2.3:1-{(pair.Item2 % 30) + 1} 192.0.2.4", "22,23", 4);
            var seen = new HashSet<(int, int)>();
            for (ulong probe = 0; probe < group.ProbeCount; probe++)
            {
                var (host, port) = group.ProbeAt(probe);
                Assert.InRange(port, 0, group.PortsOf(host).Count - 1);
                Assert.True(group.TryProbeOf(host, port, out var back));
                Assert.Equal(probe, back);
                Assert.True(seen.Add((host, port)));
            }

            Assert.Equal(Enumerable.Range(0, 4).Sum(host => group.PortsOf(host).Count), seen.Count);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Only_hosts_that_are_up_have_probes_in_the_port_stage()
    {
        var group = Group("192.0.2.0/24", "1-10", 256);
        group.SetHost(7, new HostResult(group[7], HostStatus.Up, ReplyReason.SynAck, 0, null));
        group.SetHost(9, new HostResult(group[9], HostStatus.Down, ReplyReason.NoResponse, 0, null));
        group.SetHost(200, new HostResult(group[200], HostStatus.Up, ReplyReason.SynAck, 0, null));
        group.BeginPortStage(SimulatedScan.Settings());
        Assert.Equal(20UL, group.PositionCount);
        var hosts = Enumerable.Range(0, 20).Select(position => group.AtPosition((ulong)position).Host).Distinct().Order();
        Assert.Equal([7, 200], hosts);
    }

    [Fact]
    public void The_first_answer_stays_unless_the_port_itself_answers_after_a_firewall()
    {
        var group = Group("192.0.2.1", "80", 1);
        Assert.True(group.Record(0, 0, Result(group, 0, 0, PortState.Filtered, ReplyReason.HostProhibited)));
        Assert.False(group.Record(0, 0, Result(group, 0, 0, PortState.Open, ReplyReason.SynAck)));
        Assert.False(group.Record(0, 0, Result(group, 0, 0, PortState.Closed, ReplyReason.Reset)));
        Assert.Equal(PortState.Open, group.StateOf(0, 0));
        Assert.Equal(1, group.AnsweredCount(0));
        Assert.Equal(2, group.TakeFindings().Count);
    }

    [Fact]
    public void A_host_down_is_up_when_it_answers_after_all_and_never_the_other_way()
    {
        var group = Group("192.0.2.1", "80", 1);
        Assert.True(group.SetHost(0, new HostResult(group[0], HostStatus.Down, ReplyReason.HostUnreachable, 0, null)));
        Assert.True(group.SetHost(0, new HostResult(group[0], HostStatus.Up, ReplyReason.SynAck, 61, null)));
        Assert.False(group.SetHost(0, new HostResult(group[0], HostStatus.Down, ReplyReason.NoResponse, 0, null)));
        Assert.Equal(
            (HostStatus.Up, ReplyReason.SynAck, (byte)61), (group.HostOf(0).Status, group.HostOf(0).Reason, group.HostOf(0).TimeToLive));
    }

    [Fact]
    public void Many_threads_record_and_each_answer_is_first_once()
    {
        var group = Group("192.0.2.0/28", "1-4000", 16);
        var firsts = 0L;
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 16 * 4000; i++)
            {
                if (group.Record(i % 16, i / 16, Result(group, i % 16, i / 16, PortState.Closed, ReplyReason.Reset, (byte)(i % 7))))
                {
                    Interlocked.Increment(ref firsts);
                }
            }
        });
        Assert.Equal(16 * 4000, firsts);
        Assert.Equal(16 * 4000, group.TakeFindings().Count);
        Assert.All(Enumerable.Range(0, 16), host => Assert.Equal(4000, group.AnsweredCount(host)));
    }
}
