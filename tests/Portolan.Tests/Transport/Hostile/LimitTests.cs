using Portolan.Packets;
using Portolan.Tests.Transport.Hostile.Attacks;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile;

/// <summary>Limits that an attack alone would not show.</summary>
public sealed class LimitTests
{
    [Trait("Quick", "no")]
    [Fact]
    public void A_peer_that_asks_for_crumbs_gets_so_many_at_once_and_no_more_CVE_2019_11479()
    {
        using var world = new HostileWorld(new NetworkStackOptions());
        var puppet = world.AddPuppet(HostileWorld.Talking, mss: 1, window: 60_000, shift: 7);
        for (var i = 0; i < 400; i++)
        {
            puppet.Acknowledge(puppet.Heard);
            world.Step();
        }

        var info = world.Victim.Tcp.Connections.Single(static c => c is not null)!.Info();
        Assert.InRange(info.SegmentSize, 48, 60);
        Assert.InRange(info.BytesUnacknowledged / info.SegmentSize, 2000, 2048);
    }

    [Fact]
    public void A_path_MTU_that_nobody_has_makes_no_crumbs_and_routers_may_cut()
    {
        using var world = new HostileWorld(new NetworkStackOptions());
        world.Listen(80, new Host(Manner.Talks));
        var puppet = world.AddPuppet(80, window: 60_000, shift: 3);
        puppet.Acknowledge(puppet.Heard);
        Assert.Equal(1460, puppet.LongestHeard);
        var quoted = Forge.Segment(
            HostileWorld.Victim4, 80, puppet.Address, puppet.Port, TcpFlags.Ack, puppet.Acknowledged, payload: new byte[1400])[..28];
        world.Strike(Forge.Error(Forge.Stranger(9), HostileWorld.Victim4, IcmpUnreachableCode.FragmentationNeeded, quoted, mtu: 68));
        var info = world.Victim.Tcp.Connections.Single(static c => c is not null)!.Info();
        Assert.Equal(552 - 40, info.SegmentSize);
        Assert.True(puppet.ShortestHeard >= 1460 % 512);
        Assert.True(world.LastAnswer is { Length: > 0 } last && (last[6] & 0x40) == 0, "routers may not cut it");
    }

    [Fact]
    public void A_writer_that_found_no_memory_is_told_when_there_is_some()
    {
        var world = new TcpWorld(1, options: new TcpLayerOptions { MemoryLimit = 1000 });
        var accepted = new List<TcpConnection>();
        world.Listen().Ready = l =>
        {
            while (l.TryAccept(out var connection))
            {
                accepted.Add(connection);
            }
        };
        var first = world.Connect();
        var app = new StreamApp(1, 0, 5000, 0);
        world.Run(10);

        // The peer's reader sleeps, so what was written stays here.
        while (first.Write(new byte[256], world.Now) > 0)
        {
        }

        world.Faults = world.Faults with { Loss = 1 };
        var held = world.Client.Layer.MemoryUsed;
        Assert.InRange(held, 256, 1000);
        world.Faults = world.Faults with { Loss = 0 };
        var second = world.Connect(handler: app);
        world.Run(10);
        first.Abort(world.Now);
        var (read, room) = (0, new byte[5000]);
        for (var i = 0; i < 400 && read < 5000; i++)
        {
            world.Run(20);
            foreach (var connection in accepted)
            {
                read += connection.Remote == second.Local && connection.RemotePort == second.LocalPort
                    ? connection.Read(room, world.Now)
                    : 0;
            }
        }

        Assert.Equal(5000, read);
    }

    [Fact]
    public void While_memory_is_short_a_connection_that_nobody_owns_is_reset_at_its_first_timeout()
    {
        using var world = new HostileWorld(new NetworkStackOptions { MemoryLimit = 1 << 20 });
        for (var i = 0; i < 200; i++)
        {
            world.AddPuppet(HostileWorld.Ending);
        }

        Assert.InRange(world.Victim.Tcp.MemoryUsed, 600_000, 786_432);
        world.Run(TimeSpan.FromSeconds(30));
        Assert.True(world.Victim.Tcp.Counters.ResetsSent > 0);
        Assert.InRange(world.Victim.Tcp.MemoryUsed, 0, 600_000);
    }
}
