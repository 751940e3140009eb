using Portolan.Tests.Support;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>
/// Two layers, a wire that loses, repeats, reorders, delays and damages, and virtual time. After every event all invariants hold.
/// </summary>
public sealed class TcpSimulationTests
{
    private static readonly TcpProfile[] Profiles =
    [
        TcpProfile.Linux,
        TcpProfile.FreeBsd,
        TcpProfile.Minimal,
        TcpProfile.Linux with { Congestion = TcpCongestionAlgorithm.Reno, UsesForwardRto = false },
        TcpProfile.Linux with { Ecn = TcpEcnPolicy.Request },
        TcpProfile.Linux with { SynOptions = [TcpSynOption.MaximumSegmentSize, TcpSynOption.WindowScale] },
        TcpProfile.Linux with { InitialReceiveBuffer = 3000, MaxReceiveBuffer = 3000, InitialSendBuffer = 5000, MaxSendBuffer = 5000 },
        TcpProfile.Linux with { SynOptions = [TcpSynOption.MaximumSegmentSize, TcpSynOption.SackPermitted] },
    ];

    [Fact]
    public void Streams_arrive_whole_whatever_the_wire_does() => Fuzz.Run(250, (random, seed) => Transfer(seed, new WireFaults
    {
        Loss = random.Next(4) == 0 ? 0 : random.NextDouble() * 0.25,
        Duplication = random.Next(2) == 0 ? 0 : random.NextDouble() * 0.2,
        Reordering = random.Next(2) == 0 ? 0 : random.NextDouble() * 0.3,
        Corruption = random.Next(4) == 0 ? random.NextDouble() * 0.05 : 0,
        Marking = random.Next(2) == 0 ? 0 : random.NextDouble() * 0.1,
        Busy = random.Next(4) == 0 ? random.NextDouble() * 0.5 : 0,
        DelayMicroseconds = random.Next(3) switch { 0 => 50, 1 => 2000, _ => random.Next(1, 150_000) },
        JitterMicroseconds = random.Next(2) == 0 ? 0 : random.Next(20_000),
    }));

    [Fact]
    public void The_same_seed_gives_the_same_trace() => Fuzz.Run(20, (random, seed) =>
    {
        var faults = new WireFaults { Loss = 0.1, Duplication = 0.05, Reordering = 0.1, JitterMicroseconds = 3000 };
        Assert.Equal(Transfer(seed, faults), Transfer(seed, faults));
    });

    private static ulong Transfer(int seed, WireFaults faults)
    {
        var random = new Random(seed);
        var (profile, peerProfile) = (Profiles[random.Next(Profiles.Length)], Profiles[random.Next(Profiles.Length)]);
        var world =
            new TcpWorld(seed, faults, profile, random.Next(3) == 0 ? random.Next(600, 9000) : 1500, random.Next(2) == 0, peerProfile);
        if (!world.Client.Address.IsIPv4)
        {
            world.Client.Output.Mtu = world.Server.Output.Mtu = Math.Max(1280, world.Client.Output.Mtu);
        }

        _ = new WireWatch(world);
        var (up, down) = (random.Next(4) == 0 ? 0 : random.Next(60_000), random.Next(4) == 0 ? 0 : random.Next(60_000));
        var (clientApp, serverApp) = (new StreamApp(seed, 0, up, down, random.Next(1, 5000)),
            new StreamApp(seed + 1, 1, down, up, random.Next(1, 5000)));
        serverApp.IsSlow = random.Next(3) == 0;
        TcpConnection? accepted = null;
        var listener = world.Listen();
        listener.Ready = ready =>
        {
            Assert.True(ready.TryAccept(out accepted));
            accepted.Handler = serverApp;
        };
        var client = world.Connect(handler: clientApp);
        client.IsNoDelay = random.Next(2) == 0;
        var steps = 0;
        var nextSlowRead = 0L;
        while (world.Step(world.Now.Nanoseconds + (24L * 3600 * 1_000_000_000)))
        {
            Check(client);
            Check(accepted);
            if (serverApp.IsSlow && accepted is not null && world.Now.Nanoseconds >= nextSlowRead)
            {
                serverApp.Drain(accepted, world.Now);
                nextSlowRead = world.Now.Nanoseconds + random.Next(5_000_000);
            }

            if (++steps > 300_000)
            {
                Assert.Fail($"{profile.Name}/{peerProfile.Name} {faults}: no end after {steps} steps at {world.Now.Nanoseconds / 1e9} s: "
                    + $"{clientApp.Read}/{down} {serverApp.Read}/{up} {client.Info()} {accepted?.Info()}");
            }

            if (clientApp.Reason != TcpError.None || serverApp.Reason != TcpError.None)
            {
                // So much loss that somebody gave up: no byte was wrong, and that is all that was promised.
                Assert.True(faults.Loss + faults.Corruption > 0.08 || faults.Busy > 0.1, $"{clientApp.Reason} {serverApp.Reason} {faults}");
                return world.Trace;
            }
        }

        if (serverApp.IsSlow)
        {
            serverApp.IsSlow = false;
            serverApp.Drain(accepted!, world.Now);
            while (world.Step())
            {
            }
        }

        Assert.True(
            clientApp.IsDone && serverApp.IsDone,
            $"{profile.Name}/{peerProfile.Name} {faults}: {clientApp.Read}/{down} {serverApp.Read}/{up} {client.Info()} "
                + $"{accepted?.Info()}");
        Assert.Equal((1, 1), (clientApp.ClosedCount, serverApp.ClosedCount));
        Assert.Equal((0, 0), (world.Client.Pool.InUse, world.Server.Pool.InUse));
        Assert.Equal(
            (0, 0, 0, 0),
            (world.Client.Layer.ConnectionCount, world.Server.Layer.ConnectionCount, world.Client.Layer.TimeWaitCount,
                world.Server.Layer.TimeWaitCount));
        Assert.Equal((0, 0, 1), (world.Server.Layer.HalfOpenCount, world.Client.Ports.Count, world.Server.Ports.Count));
        return world.Trace;
    }

    private static void Check(TcpConnection? connection)
    {
        if (connection?.Core.FindFault() is { } fault)
        {
            Assert.Fail($"{fault}: {connection.Info()}");
        }
    }
}
