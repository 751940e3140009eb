using Portolan.Forwarding.Model;
using Portolan.Forwarding.Targets;
using Portolan.Linux.Relay;
using Portolan.Model;

namespace Portolan.Tests.Forwarding;

public sealed class TargetGroupTests
{
    [Fact]
    public void The_share_of_one_that_is_down_goes_to_all_others_alike()
    {
        var group = Group(4);
        group.All[1].Failed(0);
        var counts = new int[4];
        for (var i = 0; i < 3000; i++)
        {
            counts[IndexOf(group, Choose(group, 0)!)]++;
        }

        Assert.Equal(0, counts[1]);
        Assert.All([counts[0], counts[2], counts[3]], count => Assert.InRange(count, 995, 1005));
    }

    [Fact]
    public void Each_is_tried_once_for_a_connection_and_those_that_are_down_last()
    {
        var group = Group(5);
        group.All[0].Failed(0);
        group.All[3].SetCheck(passed: false);
        for (var round = 0; round < 20; round++)
        {
            var tried = 0UL;
            var order = new List<int>();
            while (group.Choose(ref tried, 0) is { } target)
            {
                order.Add(IndexOf(group, target));
            }

            Assert.Equal([0, 1, 2, 3, 4], order.Order());
            Assert.Equal([1, 2, 4], order.Take(3).Order());
        }
    }

    [Fact]
    public void A_failure_pauses_longer_each_time_up_to_a_bound_and_a_success_ends_that()
    {
        var target = Group(1).All[0];
        var now = 0L;
        var pauses = new List<long>();
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(i == 0, target.Failed(now));
            // More failures during the pause are those of connections that were under way: they do not make it longer.
            Assert.False(target.Failed(now));
            var began = now;
            while (!target.IsUp(now))
            {
                now++;
            }

            pauses.Add(now - began);
        }

        Assert.Equal([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000], pauses);
        Assert.True(target.Succeeded(target.AddressFor(0)!));
        Assert.False(target.Succeeded(target.AddressFor(0)!));
        Assert.True(target.Failed(now));
        Assert.True(target.IsUp(now + 1000));
    }

    [Fact]
    public void The_address_that_worked_is_asked_first_the_next_time()
    {
        var target = Group(1).All[0];
        target.SetAddresses([Address(1), Address(2), Address(3)]);
        Assert.Equal("192.0.2.1:80", target.AddressFor(0)!.Text);
        target.Succeeded(target.AddressFor(1)!);
        Assert.Equal(
            ["192.0.2.2:80", "192.0.2.3:80", "192.0.2.1:80", null], Enumerable.Range(0, 4).Select(i => target.AddressFor(i)?.Text));
        // The same addresses again change nothing, others do.
        target.SetAddresses([Address(1), Address(2), Address(3)]);
        Assert.Equal("192.0.2.2:80", target.AddressFor(0)!.Text);
        target.SetAddresses([Address(4)]);
        Assert.Equal("192.0.2.4:80", target.AddressFor(0)!.Text);
    }

    [Fact]
    public void A_check_is_news_when_it_changes()
    {
        var target = Group(1).All[0];
        Assert.False(target.SetCheck(passed: true));
        Assert.True(target.SetCheck(passed: false));
        Assert.False(target.SetCheck(passed: false));
        Assert.False(target.IsUp(0));
        Assert.True(target.SetCheck(passed: true));
        Assert.True(target.IsUp(0));
    }

    private static ForwardTarget? Choose(TargetGroup group, long now)
    {
        var tried = 0UL;
        return group.Choose(ref tried, now);
    }

    private static int IndexOf(TargetGroup group, ForwardTarget target) => group.All.ToList().IndexOf(target);

    private static TargetGroup Group(int count) => new([.. Enumerable.Range(1, count).Select(i =>
    {
        var target = new ForwardTarget(new TargetPoint { Host = $"web{i}", Port = new PortNumber(80) });
        target.SetAddresses([Address(i)]);
        return target;
    })]);

    private static RelayAddress Address(int number) =>
        RelayAddress.Of(InternetAddress.FromIPv4(0xc0000200 + (uint)number), new PortNumber(80));
}
