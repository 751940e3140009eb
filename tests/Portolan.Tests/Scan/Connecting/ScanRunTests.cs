using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Names;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Scan.Connecting;

/// <summary>A run from its head to its balance, in virtual time.</summary>
public sealed class ScanRunTests
{
    private static SimulatedNetwork HalfSilent(int seed = 1) => new(seed)
    {
        TruthOf = (_, _, port) => port % 2 == 0 ? Truth.Silent : port == 1 ? Truth.Open : Truth.Closed,
    };

    [Fact]
    public void Interrupted_at_any_moment_it_ends_in_order_and_claims_nothing_it_does_not_know()
    {
        for (var attempts = 0; attempts < 180; attempts += 7)
        {
            var network = HalfSilent();
            using var interrupt = new CancellationTokenSource();
            network.OnAttempt = made =>
            {
                if (made == attempts)
                {
                    interrupt.Cancel();
                }
            };
            var log = SimulatedScan.Run(network, "192.0.2.1-3", "1-40", interrupt: interrupt);
            Assert.False(log.End!.IsComplete);
            Assert.Equal("interrupted", log.End.Incomplete);
            Assert.Equal(["192.0.2.1", "192.0.2.2", "192.0.2.3"], log.Order);
            Assert.DoesNotContain(log.Ports.Values, state => state.EndsWith("no-response", StringComparison.Ordinal));
            Assert.Equal(log.Order, log.Partial);
        }
    }

    [Fact]
    public void A_longest_time_ends_it_with_what_it_has()
    {
        var network = HalfSilent();
        var settings = SimulatedScan.Settings() with { Timing = new TimingSettings { MaxTime = TimeSpan.FromSeconds(3), MaxRate = 10 } };
        var log = SimulatedScan.Run(network, "192.0.2.1", "1-1000", settings);
        Assert.Contains("--max-time", log.End!.Incomplete, StringComparison.Ordinal);
        Assert.InRange(log.End.Elapsed.TotalSeconds, 3, 3.2);
        Assert.InRange(log.Ports.Count, 10, 20);
    }

    [Fact]
    public void A_host_whose_time_is_over_is_given_up_and_others_are_not()
    {
        var network = new SimulatedNetwork(1) { TruthOf = (address, _, _) => address.IPv4Bits % 2 == 0 ? Truth.Silent : Truth.Closed };
        var settings = SimulatedScan.Settings() with
        {
            Timing = new TimingSettings
            {
                HostTimeout = TimeSpan.FromSeconds(1.5),
                InitialRoundTripTimeout = TimeSpan.FromSeconds(1)
            }
        };
        var log = SimulatedScan.Run(network, "192.0.2.1-2", "1-20", settings);
        Assert.Equal(["192.0.2.2"], log.TimedOut);
        Assert.Equal(20, log.Ports.Count);
        Assert.False(log.End!.IsComplete);
    }

    [Fact]
    public void Progress_comes_twice_a_second_and_its_remaining_time_is_honest()
    {
        var network = new SimulatedNetwork(1);
        var settings = SimulatedScan.Settings() with { Timing = new TimingSettings { MaxRate = 100 } };
        var log = SimulatedScan.Run(network, "192.0.2.1-3", "1-1000", settings);
        Assert.InRange(log.Marks.Count, 55, 62);
        for (var i = 4; i < log.Marks.Count; i++)
        {
            var truth = 30 - ((i + 1) * 0.5);
            Assert.InRange(log.Marks[i].Remaining!.Value.TotalSeconds, (truth * 0.8) - 1, (truth * 1.2) + 1);
            Assert.InRange(log.Marks[i].ProbesPerSecond, 90, 110);
        }
    }

    [Fact]
    public void What_is_under_way_is_not_done()
    {
        var network = new SimulatedNetwork(1) { TruthOf = static (_, _, port) => port <= 10 ? Truth.Silent : Truth.Closed };
        var settings = SimulatedScan.Settings() with
        {
            Timing = new TimingSettings
            {
                MaxRetries = 0,
                InitialRoundTripTimeout = TimeSpan.FromSeconds(3),
                MinRoundTripTimeout = TimeSpan.FromSeconds(3)
            }
        };
        var log = SimulatedScan.Run(network, "192.0.2.1", "1-50", settings);
        Assert.InRange(log.Marks.Count, 4, 8);
        Assert.All(log.Marks.Take(4), static mark => Assert.Equal(0.8, mark.Done, 0.05));
    }

    [Fact]
    public void Later_groups_are_in_the_remaining_time()
    {
        var network = new SimulatedNetwork(1);
        var settings = SimulatedScan.Settings() with { Timing = new TimingSettings { MaxRate = 100, MaxHostGroup = 1 } };
        var log = SimulatedScan.Run(network, "192.0.2.1-4", "1-500", settings);
        Assert.InRange(log.Marks[6].Remaining!.Value.TotalSeconds, 13, 20);
    }

    [Fact]
    public void An_observer_that_fails_ends_the_run_and_the_others_hear_its_end()
    {
        var full = new FullDisk();
        var network = HalfSilent();
        var log = new ScanLog();
        var error = Assert.Throws<IOException>(() => SimulatedScan.Run(network, "192.0.2.1", "1-40", others: [full, log]));
        Assert.Equal("disk full", error.Message);
        Assert.False(log.End!.IsComplete);
        Assert.Equal(1, full.Calls);
    }

    [Fact]
    public void Names_are_looked_up_for_hosts_that_are_up_or_for_all_or_for_none()
    {
        foreach (var (wish, expected) in new (bool?, int)[] { (null, 2), (true, 4), (false, 0) })
        {
            var network = new SimulatedNetwork(1) { TruthOf = (address, _, _) => address.IPv4Bits % 2 == 0 ? Truth.Silent : Truth.Closed };
            var settings = SimulatedScan.Settings() with { Discovery = new DiscoverySettings(), ReverseNames = wish };
            var names = new KnownReverseNames();
            var log = SimulatedScan.Run(network, "192.0.2.1-4", "22", settings, names: names);
            Assert.Equal(expected, names.Asked);
            Assert.Equal(expected, log.Names.Count);
        }
    }

    [Fact]
    public void A_list_sends_nothing_and_names_every_target()
    {
        var network = new SimulatedNetwork(1);
        var log = SimulatedScan.Run(
            network, "192.0.2.0/29", "22", SimulatedScan.Settings() with { ListOnly = true }, names: new KnownReverseNames());
        Assert.Empty(network.Attempts);
        Assert.Equal((8, 8), (log.Order.Count, log.Names.Count));
        Assert.True(log.End!.IsComplete);
        Assert.Equal(0UL, log.End.ProbesPlanned);
    }

    [Fact]
    public void Groups_of_a_large_plan_cover_every_host_once_and_each_is_in_address_order()
    {
        var network = new SimulatedNetwork(1);
        var settings = SimulatedScan.Settings() with { Timing = new TimingSettings { MaxHostGroup = 10 } };
        var log = SimulatedScan.Run(network, "192.0.2.0/25", "22", settings);
        Assert.Equal(128, log.Order.Distinct(StringComparer.Ordinal).Count());
        Assert.NotEqual(log.Order.Order(StringComparer.Ordinal), log.Order);
        foreach (var group in log.Order.Chunk(10))
        {
            var numbers =
                group.Select(address => int.Parse(address.Split('.')[3], System.Globalization.CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(numbers.Order(), numbers);
        }
    }

    [Fact]
    public void A_host_that_answers_on_everything_is_marked_and_others_with_open_ports_are_not()
    {
        var network =
            new SimulatedNetwork(1) { TruthOf = (address, _, port) => address.IPv4Bits % 2 == 0 || port < 10 ? Truth.Open : Truth.Closed };
        var log = SimulatedScan.Run(network, "192.0.2.1-2", "1-20");
        Assert.Equal(["192.0.2.2"], log.Everything);
        Assert.Equal(40, log.Ports.Count);
    }

    [Fact]
    public void Without_retries_loss_and_misses_are_told_from_ports_asked_again()
    {
        double found = 0, missed = 0, estimated = 0;
        for (var seed = 1; seed <= 20; seed++)
        {
            var network = new SimulatedNetwork(seed) { Loss = 0.05, TruthOf = (_, _, port) => port % 2 == 0 ? Truth.Silent : Truth.Closed };
            var settings = SimulatedScan.Settings(
                (ulong)seed) with
            {
                Timing =
                    new TimingSettings { MaxRetries = 0, InitialRoundTripTimeout = TimeSpan.FromMilliseconds(500) }
            };
            var log = SimulatedScan.Run(network, "192.0.2.1", "1-2000", settings);
            var closed = log.Ports.Values.Count(state => state == "closed conn-refused");
            (found, missed) = (found + closed, missed + 1000 - closed);
            estimated += log.End!.EstimatedMissRate!.Value / 20;
            Assert.InRange(log.End.ProbeLoss!.Value, 0.06, 0.14);
        }

        Assert.InRange(estimated, missed / (found + missed) / 1.3, missed / (found + missed) * 1.3);
    }

    private sealed class KnownReverseNames : IReverseNames
    {
        public int Asked { get; private set; }

        public void Find(IReadOnlyList<InternetAddress> addresses, Action<int, string> found, Func<double, bool> goOn)
        {
            for (var i = 0; i < addresses.Count && goOn((double)i / addresses.Count); i++)
            {
                Asked++;
                found(i, $"host-{addresses[i].IPv4Bits % 256}.example");
            }
        }
    }

    private sealed class FullDisk : IScanObserver
    {
        public int Calls { get; private set; }

        public void Started(ScanStart run)
        {
        }

        public void HostFound(HostResult host)
        {
        }

        public void PortFound(Target target, in PortResult port)
        {
            Calls++;
            throw new IOException("disk full");
        }

        public void HostFinished(HostReport report) => Calls++;

        public void Progress(ScanProgress progress)
        {
        }

        public void Warning(string message)
        {
        }

        public void Ended(ScanEnd balance) => Calls++;
    }
}
