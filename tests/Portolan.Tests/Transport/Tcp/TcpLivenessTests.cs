using Portolan.Tests.Support;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Once faults stop, everything ends in bounded time, and nothing is left behind.</summary>
public sealed class TcpLivenessTests
{
    /// <summary>A user that does something random whenever it is told anything.</summary>
    private sealed class Mischief(Random random) : ITcpHandler
    {
        private readonly byte[] _buffer = new byte[20_000];

        public int Closed { get; private set; }

        public void OnEstablished(TcpConnection connection, Instant now) => Act(connection, now);

        public void OnReadable(TcpConnection connection, Instant now) => Act(connection, now);

        public void OnWritable(TcpConnection connection, Instant now) => Act(connection, now);

        public void OnClosed(TcpConnection connection, TcpError reason, Instant now)
        {
            Closed++;
            Act(connection, now);
        }

        public void Act(TcpConnection connection, Instant now)
        {
            for (var i = random.Next(3); i >= 0; i--)
            {
                switch (random.Next(60))
                {
                    case 0:
                        connection.Abort(now);
                        break;
                    case < 3:
                        connection.Close(now);
                        break;
                    case < 6:
                        connection.Shutdown(now);
                        break;
                    case < 30:
                        connection.Write(_buffer.AsSpan(0, random.Next(_buffer.Length)), now);
                        break;
                    case < 35:
                        var room = connection.GetRoom(random.Next(1, 5000));
                        connection.Commit(room.IsEmpty ? 0 : random.Next(room.Length), now);
                        break;
                    case < 40:
                        connection.Consume(random.Next(connection.Peek().Length + 1), now);
                        break;
                    default:
                        connection.Read(_buffer.AsSpan(0, random.Next(_buffer.Length)), now);
                        break;
                }
            }
        }
    }

    [Fact]
    public void Many_connections_with_unruly_users_leave_nothing_behind() => Fuzz.Run(60, (random, seed) =>
    {
        var world = new TcpWorld(
            seed,
            new WireFaults
            {
                Loss = random.NextDouble() * 0.2,
                Reordering = 0.1,
                Duplication = 0.05,
                JitterMicroseconds = 5000,
                Busy = random.Next(2) * 0.1,
            },
            options: new TcpLayerOptions { MemoryLimit = random.Next(3) == 0 ? 300_000 : 100_000_000 });
        var users = new List<(TcpConnection Connection, Mischief User)>();
        var listener = world.Listen(backlog: 8);
        listener.Ready = l =>
        {
            if (random.Next(4) > 0 && l.TryAccept(out var accepted))
            {
                var user = new Mischief(random);
                users.Add((accepted, user));
                accepted.Handler = user;
            }
        };
        for (var i = 0; i < 400; i++)
        {
            if (i < 30 && random.Next(2) == 0)
            {
                var user = new Mischief(random);
                users.Add((world.Connect((ushort)(random.Next(5) == 0 ? 81 : 80), user), user));
            }

            world.Run(random.Next(20));
            if (users.Count > 0)
            {
                var (connection, user) = users[random.Next(users.Count)];
                user.Act(connection, world.Now);
                Assert.True(connection.Core.FindFault() is not { } fault, connection.Core.FindFault());
            }
        }

        listener.Close(world.Now);
        foreach (var (connection, _) in users)
        {
            connection.Close(world.Now);
        }

        world.Faults = new WireFaults();
        var start = world.Now;
        world.Run(24.0 * 3600 * 1000);
        Assert.Equal((0, 0, 0), (world.Client.Layer.ConnectionCount, world.Client.Layer.HalfOpenCount, world.Client.Layer.TimeWaitCount));
        Assert.Equal((0, 0, 0), (world.Server.Layer.ConnectionCount, world.Server.Layer.HalfOpenCount, world.Server.Layer.TimeWaitCount));
        Assert.Equal((0, 0, 0, 0), (world.Client.Ports.Count, world.Server.Ports.Count, world.Client.Pool.InUse, world.Server.Pool.InUse));
        Assert.All(users, pair => Assert.Equal(1, pair.User.Closed));
        Assert.Equal((Instant.Never, Instant.Never), (world.Client.Layer.NextDeadline, world.Server.Layer.NextDeadline));
    });

    [Fact]
    public void A_partition_that_ends_lets_every_transfer_end() => Fuzz.Run(80, (random, seed) =>
    {
        var world = new TcpWorld(seed, new WireFaults { Loss = random.NextDouble() * 0.3, DelayMicroseconds = random.Next(1, 40_000) });
        var (client, server) = (new StreamApp(seed, 0, 200_000, 100_000), new StreamApp(seed + 1, 1, 100_000, 200_000));
        world.Listen().Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = server;
        };
        var connection = world.Connect(handler: client);
        world.Run(random.Next(500));
        world.Faults = world.Faults with { Loss = 1 };
        world.Run(random.Next(1, 20_000));
        world.Faults = new WireFaults { DelayMicroseconds = 1000 };

        // The longest timer runs out, then all goes on at full speed.
        world.Run(65_000);
        Assert.True(client.IsDone && server.IsDone, $"{client.Read} {server.Read} {connection.Info()}");
    });
}
