using FsCheck;
using FsCheck.Fluent;
using Portolan.Fleet.Jobs;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Tests.Fleet;

/// <summary>Chunks of a group are disjoint and together are the whole, into however many it is cut.</summary>
public sealed class GroupOrderTests
{
    [Fact]
    public void Chunks_of_any_size_are_disjoint_and_together_are_the_whole() =>
        Check.QuickThrowOnFailure(Prop.ForAll(
            Arb.From(Gen.Choose(0, int.MaxValue)), Arb.From(Gen.Choose(0, 39)), Arb.From(Gen.Choose(0, 29)), (seed, hosts, ports) =>
        {
            var plan = PlanOf(seed, 1 + hosts, 1 + ports);
            var order = new GroupOrder(plan, (int)((uint)seed % 7), plan.HostsAt(0, (int)plan.HostCount));
            var chunk = 1 + (int)((uint)seed * 7 % 97);
            var seen = new HashSet<(InternetAddress, ProbePort)>();
            for (long from = 0; from < order.Count; from += chunk)
            {
                for (var position = from; position < Math.Min(order.Count, from + chunk); position++)
                {
                    Assert.True(seen.Add(order.ProbeAt(position)));
                    var (host, port) = order.At(position);
                    Assert.Equal(position, order.PositionOf(host, port));
                }
            }

            Assert.Equal(plan.HostCount * plan.Ports.Count, seen.Count);
        }));

    [Fact]
    public void The_order_of_hosts_is_spread_and_whole()
    {
        var plan = JobPlan.Of(new JobSpec
        {
            Targets = ["198.18.0.0/16"],
            Excludes = ["198.18.7.0/24"],
            Tcp = "80",
            Seed = 7,
        });
        Assert.Equal(65_536 - 256, plan.HostCount);
        var all = plan.HostsAt(0, (int)plan.HostCount);
        Assert.Equal(Enumerable.Range(0, all.Length).Select(static i => (long)i), all);
        var part = plan.HostsAt(0, 1000).Select(h => plan.AddressOf(h).IPv4Bits >> 8).Distinct().Count();
        Assert.InRange(part, 200, 255);
    }

    [Fact]
    public void IPv6_targets_have_positions_too()
    {
        var plan = JobPlan.Of(new JobSpec { Targets = ["2001:db8::/120"], Tcp = "22,80", Udp = "53", Seed = 1 });
        var order = new GroupOrder(plan, 0, plan.HostsAt(16, 64));
        Assert.Equal(64 * 3, order.Count);
        Assert.Equal(64, Enumerable.Range(0, 192).Select(i => order.ProbeAt(i).Address).Distinct().Count());
    }

    [Theory]
    [InlineData("example.org", "a fleet scans addresses")]
    [InlineData("198.18.0.1:443", "names ports of its own")]
    [InlineData("198.18.0.0/24 ", "")]
    public void What_a_fleet_does_not_scan_is_refused(string target, string why)
    {
        var spec = new JobSpec { Targets = [target.Trim()], Tcp = "80", Seed = 1 };
        if (why.Length == 0)
        {
            Assert.Equal(256, JobPlan.Of(spec).HostCount);
            return;
        }

        var error = Assert.Throws<PortolanException>(() => JobPlan.Of(spec));
        Assert.NotNull(error.Hint);
        Assert.Equal(ExitCode.Usage, error.ExitCode);
    }

    [Fact]
    public void The_same_job_has_the_same_bytes_and_comes_back_from_them()
    {
        var spec = new JobSpec
        {
            Targets = ["198.18.0.0/24", "2001:db8::1"],
            Excludes = ["198.18.0.7"],
            Tcp = "1-100",
            Seed = ulong.MaxValue,
        };
        var read = JobSpec.Read(spec.ToBytes());
        Assert.Equal(spec.ToBytes(), read.ToBytes());
        Assert.Throws<FormatException>(() => JobSpec.Read("{}"u8));
        Assert.Throws<FormatException>(() => JobSpec.Read("nonsense"u8));
    }

    private static JobPlan PlanOf(int seed, int hosts, int ports) => JobPlan.Of(new JobSpec
    {
        Targets = [$"198.18.0.1-{hosts}"],
        Tcp = $"100-{99 + ports}",
        Seed = (ulong)seed,
    });
}
