using System.Diagnostics;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Packet;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Links;

/// <summary>What links say when something is in the way.</summary>
public sealed class LinkTroubleTests
{
    /// <summary>Enough for AF_XDP to have taken over.</summary>
    private const int Many = 20_000;

    [Theory]
    [InlineData(1, "scan0")]
    [InlineData(Many, "scan0")]
    [InlineData(1, "eth0")]
    [InlineData(Many, "eth0")]
    public void An_interface_that_goes_down_or_loses_its_cable_is_reported_and_may_come_back(int before, string down)
    {
        using var pair = LabPair.Create();
        var host = down == "scan0" ? pair.Scanner : pair.Target;
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            var route = network.FindRoute(TestPackets.Address("198.18.0.2")).Route!;
            using var link = network.Open(route);
            using var sender = link.OpenSender();
            using var receiver = link.OpenReceiver(TestPackets.FilterFor(route.Source));
            var frame = TestPackets.Frame(
                TestPackets.Syn(route.Source, TestPackets.Address("198.18.0.2"), 4000, 80), new(0x02_0000_0000_77), link.HardwareAddress);
            Assert.Equal(before, SendAll(sender, frame, before).Sent);

            host.Ip($"link set {down} down");
            var report = SendAll(sender, frame, 10);
            Assert.Equal((0, 10, SendFailure.LinkDown), (report.Sent, report.Refused, report.Cause));
            Assert.NotEqual(0, report.Errno);
            // What came before is taken, neighbour discovery for instance; then there is nothing, and no error.
            Assert.True(SpinWait.SpinUntil(() => receiver.Receive(new FrameCollector(), TimeSpan.FromMilliseconds(5)) == 0, Bounded.Limit));

            host.Ip($"link set {down} up");
            SpinWait.SpinUntil(() => SendAll(sender, frame, 1).Sent == 1, TimeSpan.FromSeconds(10));
            Assert.Equal(10, SendAll(sender, frame, 10).Sent);
        });
    }

    [Fact]
    public void A_local_firewall_rule_that_refuses_is_reported_as_denied()
    {
        using var pair = LabPair.Create();
        pair.Scanner.Nft("table inet t { chain out { type filter hook output priority 0; tcp dport 81 drop; }; }");
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            using var link = network.Open(network.FindRoute(InternetAddress.LoopbackIPv4).Route!);
            using var sender = link.OpenSender();
            var report = TestPackets.Send(sender, TestPackets.Syn(InternetAddress.LoopbackIPv4, InternetAddress.LoopbackIPv4, 4000, 81));
            Assert.Equal((0, 1, SendFailure.Denied), (report.Sent, report.Refused, report.Cause));
        });
    }

    [Fact]
    public void Without_the_capability_nothing_opens_and_the_remedy_is_named() => Netns.Run(() =>
    {
        Assert.True(RawAccess.IsAllowed());
        ThreadPrivileges.Drop();
        Assert.False(RawAccess.IsAllowed());
        using var network = new KernelNetwork(TimeProvider.System);
        var route = network.FindRoute(InternetAddress.LoopbackIPv4).Route!;
        var exception = Assert.Throws<PortolanException>(() => network.Open(route));
        Assert.Equal(ExitCode.NoPrivilege, exception.ExitCode);
        Assert.Contains("sudo", exception.Hint?.ToString(), StringComparison.Ordinal);
        Assert.Contains("-sT", exception.Hint?.ToString(), StringComparison.Ordinal);
    });

    [Fact]
    public void Frames_that_nobody_took_in_time_are_counted()
    {
        using var pair = LabPair.Create();
        var (ours, theirs) = (TestPackets.Address("198.18.0.1"), TestPackets.Address("198.18.0.2"));
        using var there = pair.Target.Run(() => new KernelNetwork(TimeProvider.System));
        using var back = pair.Target.Run(() => there.Open(there.FindRoute(ours).Route!));
        using var receiver = pair.Target.Run(() => back.OpenReceiver(new FrameFilter([theirs], new PortNumber(80), new PortNumber(80))));
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            using var link = network.Open(network.FindRoute(theirs).Route!);
            using var sender = link.OpenSender();
            // The other host's kernel drops them, for they are not meant for its Ethernet address; the packet socket sees them before.
            var frame = TestPackets.Frame(TestPackets.Syn(ours, theirs, 4000, 80), new(0x02_0000_0000_77), link.HardwareAddress);
            Assert.Equal(Many, SendAll(sender, frame, Many).Sent);
            var collector = new FrameCollector();
            Assert.True(collector.ReceiveUntil(receiver, () => receiver.Dropped > 0 && collector.Frames.Count + receiver.Dropped >= Many));
            // A few frames of neighbour discovery come besides.
            Assert.InRange(collector.Frames.Count + receiver.Dropped, Many, Many + 50);
        });
    }

    [Fact]
    public void A_wait_ends_when_another_thread_wakes_it()
    {
        using var pair = LabPair.Create();
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            using var link = network.Open(network.FindRoute(TestPackets.Address("198.18.0.2")).Route!);
            using var receiver =
                link.OpenReceiver(new FrameFilter([TestPackets.Address("192.0.2.1")], new PortNumber(1), new PortNumber(1)));
            var waiter = new TestThread("who waits for a frame", () => receiver.Receive(new FrameCollector(), TimeSpan.FromMinutes(2)));
            // ARP and the like may end a wait too, so it is woken until it has ended.
            Assert.True(SpinWait.SpinUntil(
                () =>
                {
                    receiver.Wake();
                    return waiter.TryJoin(TimeSpan.FromMilliseconds(10));
                },
                TimeSpan.FromSeconds(30)));
        });
    }

    [Fact]
    public void A_frame_is_stamped_when_it_comes_not_when_it_is_taken()
    {
        using var pair = LabPair.Create();
        var time = TimeProvider.System;
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(time);
            var address = TestPackets.Address("127.0.0.1");
            using var link = network.Open(network.FindRoute(address).Route!);
            using var receiver = link.OpenReceiver(TestPackets.FilterFor(address));
            using var sender = link.OpenSender();
            var before = time.GetTimestamp();
            Assert.Equal(1, TestPackets.Send(sender, TestPackets.Syn(address, address, 4000, 80)).Sent);
            Thread.Sleep(300);
            var collector = new FrameCollector();
            Assert.True(collector.ReceiveUntil(receiver, () => collector.Frames.Count > 0));
            var taken = time.GetTimestamp();
            // A millisecond for the two clocks.
            Assert.InRange(collector.Timestamps[0], before - (time.TimestampFrequency / 1000), taken - (time.TimestampFrequency / 10));
        });
    }

    private static SendReport SendAll(IFrameSender sender, byte[] frame, int count)
    {
        var sent = 0;
        for (var began = Stopwatch.GetTimestamp(); sent < count;)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Bounded.Limit, $"{sent} of {count} frames were taken");
            for (var left = count - sent; left > 0 && sender.Reserve() is { IsEmpty: false } slot; left--)
            {
                frame.CopyTo(slot);
                sender.Commit(frame.Length);
            }

            var report = sender.Flush();
            sent += report.Sent;
            if (report.Refused > 0)
            {
                return report with { Sent = sent };
            }
        }

        return new SendReport(sent, 0, SendFailure.None, 0);
    }
}
