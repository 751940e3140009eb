using Portolan.Tests.Transport.Hostile.Attacks;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Reassembly;

namespace Portolan.Tests.Transport.Hostile;

/// <summary>
/// Each attack against the whole stack, with a good connection beside it: memory stays within its limit, the good peer notices nothing, a
/// counter tells.
/// </summary>
public sealed class AttackTests
{
    private const int Limit = 4 << 20;
    private const int TcpLimit = Limit / 4 * 3;
    private const int Fragments = 256 << 10;
    private const long Bytes = 2_000_000;
    private const int Port = 80;

    public static TheoryData<string> Names() => [.. Attack.All().Select(static attack => attack.Name)];

    [Trait("Quick", "no")]
    [Theory]
    [MemberData(nameof(Names))]
    public void Good_connections_live_through(string name)
    {
        var attack = Attack.All().Single(a => a.Name == name);
        using var world = new HostileWorld(Options());
        var (client, server) = (new StreamApp(1, 0, Bytes, Bytes), new StreamApp(2, 1, Bytes, Bytes));
        world.OpenStream(client, server);
        attack.Prepare(world);
        for (var i = 0; i < attack.Steps; i++)
        {
            attack.Strike(world);
            Assert.InRange(world.Victim.Tcp.MemoryUsed, 0, TcpLimit);
            Assert.InRange(world.Victim.Ip.ReassemblyMemory, 0, Fragments);
            Assert.InRange(world.Victim.Tcp.HalfOpenCount, 0, 2 * HostileWorld.Backlog);
            if (i % 4 == 0)
            {
                world.Step();
            }
        }

        // A connection that begins in the middle of it works too.
        var (late, lateServer) = (new StreamApp(3, 0, 10_000, 10_000), new StreamApp(4, 1, 10_000, 10_000));
        world.Listen(Port + 8, lateServer);
        world.Connect(Port + 8, late);
        for (var i = 0; i < 200_000 && !(client.IsDone && server.IsDone && late.IsDone && lateServer.IsDone); i++)
        {
            attack.Strike(world);
            world.Run(TimeSpan.FromMilliseconds(1));
        }

        Assert.True(
            client.IsDone && server.IsDone,
            $"the stream read {client.Read} and {server.Read} bytes; {world.Stream!.State} {world.Stream.Error}, "
                + $"{world.StreamAtVictim!.State} {world.StreamAtVictim.Error}");
        Assert.True(late.IsDone && lateServer.IsDone, $"the late connection read {late.Read} and {lateServer.Read} bytes");
        // What timers tell.
        world.Run(TimeSpan.FromSeconds(3));
        Assert.True(attack.Counted(world) > 0, "no counter tells of it");
        Assert.Null(world.Victim.Tcp.FindFault());
        LeavesNothing(world);
    }

    private static NetworkStackOptions Options() => new()
    {
        MemoryLimit = Limit,
        Ip = new IpHostOptions
        {
            Seed = 0,
            Reassembly = new ReassemblyOptions { MemoryLimit = Fragments, MemoryLimitPerSource = Fragments },
        },
    };

    /// <summary>Once users have ended what is left, and time has passed, memory is as it was before.</summary>
    private static void LeavesNothing(HostileWorld world)
    {
        foreach (var connection in world.Victim.Tcp.Connections.ToArray())
        {
            connection?.Abort(world.Now);
        }

        world.Run(TimeSpan.FromMinutes(5));
        Assert.Equal(
            (0, 0, 0, 0L),
            (world.Victim.Tcp.ConnectionCount, world.Victim.Tcp.HalfOpenCount, world.Victim.Tcp.TimeWaitCount,
                world.Victim.Tcp.MemoryUsed));
        Assert.Equal(0, world.Victim.Ip.ReassemblyMemory);
    }
}
