using Portolan.Packets;
using Portolan.Transport.Links;
using Portolan.Transport.Testing;
using Portolan.Transport.Testing.Apps;
using Portolan.Transport.Testing.Worlds;

namespace Portolan.Tests.Transport.Worlds;

/// <summary>Whole worlds: hosts, cables with faults, applications, in virtual time.</summary>
public sealed class SimWorldTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_same_seed_makes_the_same_world()
    {
        var first = SimRunner.Run(7, 20, RandomWorld.Run, _folder);
        Assert.Equal(first, SimRunner.Run(7, 20, RandomWorld.Run, _folder));
        Assert.NotEqual(first, SimRunner.Run(8, 20, RandomWorld.Run, _folder));
    }

    [Fact]
    public void A_world_that_fails_names_its_seed_and_leaves_a_capture_with_the_fate_of_every_frame()
    {
        var failure = Assert.Throws<SimFailureException>(() => SimRunner.Run(
            99,
            static world =>
            {
                var echo = Pair(world, new FaultProfile { Loss = 0.5, Delay = TimeSpan.FromMilliseconds(5) });
                for (var i = 0; i < 20; i++)
                {
                    echo.Send(100);
                    world.Run(TimeSpan.FromSeconds(1));
                }

                world.Fail("as it should");
            },
            _folder));
        var path = Path.Combine(_folder, "world-99.pcapng");
        Assert.Contains("seed 99", failure.Message, StringComparison.Ordinal);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("second time", failure.Message, StringComparison.Ordinal);
        using var stream = File.OpenRead(path);
        var reader = new PcapngReader(stream);
        var comments = new HashSet<string>(StringComparer.Ordinal);
        while (reader.TryRead(out var packet))
        {
            foreach (var option in packet.Options)
            {
                if (option.Code == 1)
                {
                    comments.Add(System.Text.Encoding.UTF8.GetString(option.Value));
                }
            }
        }

        Assert.Equal(PcapngEnd.Complete, reader.End);
        Assert.Equal(["arrives after 5 ms", "lost"], comments.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Clocks_that_are_wrong_do_not_keep_hosts_from_talking()
    {
        using var world = new SimWorld(5);
        var fast = world.AddHost(new SimHostOptions
        {
            Name = "fast",
            ClockOffset = TimeSpan.FromHours(1),
            ClockDriftPartsPerMillion = 500,
        });
        var slow = world.AddHost(new SimHostOptions { Name = "slow", ClockDriftPartsPerMillion = -500 });
        var cable = world.Connect(fast, slow);
        fast.AddAddress(cable.LeftInterface, "198.18.0.1", 24);
        slow.AddAddress(cable.RightInterface, "198.18.0.2", 24);
        var echo = new UdpEcho(fast, slow, "198.18.0.2", 7, mayRepeat: false);
        for (var i = 0; i < 10; i++)
        {
            echo.Send(500);
            world.Run(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(10, echo.Returned);
        Assert.Equal(TimeSpan.FromMilliseconds(3_601_200), fast.Now - slow.Now);
    }

    [Fact]
    public void A_world_that_goes_on_for_ever_is_ended()
    {
        using var world = new SimWorld(5, new SimOptions { MaxEvents = 1000 });
        void Again() => world.After(TimeSpan.Zero, Again);
        Again();
        Assert.Throws<SimFailureException>(() => world.Run(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void An_invariant_is_looked_at_after_every_event()
    {
        using var world = new SimWorld(5);
        var echo = Pair(world, FaultProfile.None);
        var looks = 0;
        world.AddInvariant(() => ++looks > 10_000 ? "too often" : null);
        world.AddInvariant(() => echo.Returned > 2 ? "three came back" : null);
        Assert.Throws<SimFailureException>(() =>
        {
            for (var i = 0; i < 5; i++)
            {
                echo.Send(100);
                world.Run(TimeSpan.FromSeconds(1));
            }
        });
        Assert.Equal((3, looks), (echo.Returned, (int)world.EventCount));
    }

    private static UdpEcho Pair(SimWorld world, FaultProfile faults)
    {
        var (left, right) = (world.AddHost("left"), world.AddHost("right"));
        var cable = world.Connect(left, right);
        cable.SetFaults(faults);
        left.AddAddress(cable.LeftInterface, "198.18.0.1", 24);
        right.AddAddress(cable.RightInterface, "198.18.0.2", 24);
        return new UdpEcho(left, right, "198.18.0.2", 7, mayRepeat: false);
    }
}
