using System.Globalization;
using Portolan.Model;
using Portolan.Transport;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Worlds;

/// <summary>
/// Connections come and go for a day, two a second, and nothing drifts: counters of both hosts agree, and memory, ports and tables are what
/// they were. Sequence numbers and ports go round meanwhile. PORTOLAN_CHURN_HOURS=N for another time.
/// </summary>
[Trait("Quick", "no")]
public sealed class ChurnTests
{
    private static readonly int Hours = int.TryParse(
        Environment.GetEnvironmentVariable("PORTOLAN_CHURN_HOURS"), NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
        ? hours
        : 24;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly InternetAddress ServerAddress = SimWorld.Address("198.18.0.2");

    private int _begun;
    private int _ended;
    private int _refused;
    private long _written;
    private long _read;

    /// <summary>Asks with some bytes, reads the answer, and ends as its kind says.</summary>
    private sealed class Client(ChurnTests test, int kind, int bytes) : ITcpHandler
    {
        public void OnEstablished(TcpConnection connection, Instant now)
        {
            test._written += connection.Write(new byte[bytes], now);
            if (kind == 0)
            {
                connection.Abort(now);
            }
            else if (kind == 1)
            {
                connection.Shutdown(now);
            }
        }

        public void OnReadable(TcpConnection connection, Instant now)
        {
            connection.Consume(connection.Readable, now);
            if (connection.IsAtEnd || kind >= 2)
            {
                connection.Close(now);
            }
        }

        public void OnClosed(TcpConnection connection, TcpError reason, Instant now)
        {
            test._ended++;
            test._refused += reason == TcpError.Refused ? 1 : 0;
        }
    }

    /// <summary>Sends back what comes; the connection may be ended from here first, too.</summary>
    private sealed class Server(ChurnTests test) : ITcpHandler
    {
        private readonly byte[] _buffer = new byte[10_000];

        public void OnReadable(TcpConnection connection, Instant now)
        {
            while (connection.Read(_buffer, now) is > 0 and var count)
            {
                test._read += count;
                connection.Write(_buffer.AsSpan(0, count), now);
                if (count % 3 == 0)
                {
                    connection.Shutdown(now);
                }
            }

            if (connection.IsAtEnd)
            {
                connection.Close(now);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.02)]
    public void Nothing_drifts(double loss)
    {
        using var world = new SimWorld(77, new SimOptions { MaxEvents = long.MaxValue });
        var (client, server) = (world.AddHost("client"), world.AddHost("server"));
        var cable = world.Connect(client, server);
        client.AddAddress(cable.LeftInterface, "198.18.0.1", 24);
        server.AddAddress(cable.RightInterface, "198.18.0.2", 24);
        cable.SetFaults(new FaultProfile { Delay = TimeSpan.FromMilliseconds(5), Loss = loss });
        Assert.True(server.Tcp.TryListen(new TcpListenRequest(ServerAddress, new(80)), out var listener, out _));
        var echo = new Server(this);
        listener.Ready = ready =>
        {
            while (ready.TryAccept(out var accepted))
            {
                // A client's RST may be lost: keepalive finds out.
                accepted.EnableKeepalive(server.Now, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10), 3);
                accepted.Handler = echo;
            }
        };

        Churn(world, client, TimeSpan.FromHours(1));
        Settle(world, client, server);
        var memory = (client.Pool.MemoryUsed, server.Pool.MemoryUsed);
        Churn(world, client, TimeSpan.FromHours(Hours - 1));
        Settle(world, client, server);

        Assert.Equal(Hours * 7200, _begun);
        Assert.Equal(_begun, _ended);
        Assert.Equal(memory, (client.Pool.MemoryUsed, server.Pool.MemoryUsed));
        Assert.Equal(_begun, client.Tcp.Counters.ActiveOpens);
        if (loss == 0)
        {
            // What one has sent the other has received, no more and no less; nothing was sent twice, and nobody was refused but by the
            // closed port.
            var (mine, theirs) = (client.Tcp.Counters, server.Tcp.Counters);
            Assert.Equal((mine.SegmentsSent, theirs.SegmentsSent), (theirs.SegmentsReceived, mine.SegmentsReceived));
            Assert.Equal((0, 0), (mine.Retransmissions, theirs.Retransmissions));
            Assert.InRange(_read, 1, _written);
            Assert.Equal(_begun, theirs.PassiveOpens + _refused);
            Assert.InRange(_refused, 1, _begun);
        }
    }

    /// <summary>Two connections a second; one in ten to a port that nobody listens at.</summary>
    private void Churn(SimWorld world, SimHost client, TimeSpan time)
    {
        for (var end = world.Clock.Now + time; world.Clock.Now < end; world.Run(Pause))
        {
            var number = _begun++;
            client.Do(() =>
            {
                var connection = client.Tcp.Connect(
                    new TcpConnectRequest(ServerAddress, new((ushort)(number % 10 == 9 ? 81 : 80))), client.Now).Connection;
                connection!.Handler = new Client(this, number % 4, 1 + (number * 37 % 5000));
            });
        }
    }

    private static void Settle(SimWorld world, SimHost client, SimHost server)
    {
        world.Run(TimeSpan.FromMinutes(20));
        foreach (var host in (ReadOnlySpan<SimHost>)[client, server])
        {
            Assert.Equal((0, 0, 0, 0L), (host.Tcp.ConnectionCount, host.Tcp.HalfOpenCount, host.Tcp.TimeWaitCount, host.Tcp.MemoryUsed));
            Assert.Equal((0, host == server ? 1 : 0, 0), (host.Pool.InUse, host.Ports.Count, host.Ports.PairCount));
        }
    }
}
