using Portolan.Model;
using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp.Support;

/// <summary>
/// A client that asks once and closes after the answer, and a server that answers so many bytes and closes; what each took is counted, and
/// when.
/// </summary>
internal sealed class FastOpenTalk
{
    private readonly TcpWorld _world;
    private readonly int _answerLength;

    /// <param name="world">The world.</param>
    /// <param name="answerLength">Bytes of an answer.</param>
    /// <param name="queue">How many connections may be open by a cookie alone.</param>
    public FastOpenTalk(TcpWorld world, int answerLength = 300, int queue = 8)
    {
        (_world, _answerLength) = (world, answerLength);
        Listener = world.Listen(fastOpenQueue: queue);
        Listener.Ready = OnReady;
    }

    public TcpListener Listener { get; }

    /// <summary>What each accepted connection read, in the order of acceptance.</summary>
    public List<ServerEnd> Served { get; } = [];

    /// <summary>The request of a length.</summary>
    public static byte[] Request(int length) => ScriptedPeer.Bytes(length, from: 7);

    /// <summary>Connects with a request.</summary>
    public ClientEnd Ask(int length, ushort localPort = 0)
    {
        var client = new ClientEnd(_answerLength) { Begun = _world.Now };
        client.Connection = _world.Connect(handler: client, localPort: localPort, first: Request(length));
        return client;
    }

    /// <summary>Asks and waits for the end of the connection.</summary>
    public ClientEnd Exchange(int length = 100, double milliseconds = 2000)
    {
        var client = Ask(length);
        _world.Run(milliseconds);
        return client;
    }

    private void OnReady(TcpListener listener)
    {
        while (listener.TryAccept(out var connection))
        {
            var server = new ServerEnd(_answerLength) { StateWhenAccepted = connection.State };
            Served.Add(server);
            connection.Handler = server;
        }
    }

    internal sealed class ClientEnd(int expected) : ITcpHandler
    {
        private readonly byte[] _buffer = new byte[4096];

        public TcpConnection? Connection { get; set; }

        public Instant Begun { get; init; }

        public Instant? AnsweredAt { get; private set; }

        public int Read { get; private set; }

        public TcpError? Closed { get; private set; }

        public TcpFastOpenOutcome Outcome => Connection!.Info().FastOpen;

        /// <summary>From connecting to the whole answer, milliseconds.</summary>
        public double Took => (AnsweredAt!.Value - Begun).TotalMilliseconds;

        public void OnReadable(TcpConnection connection, Instant now)
        {
            while (connection.Read(_buffer, now) is > 0 and var count)
            {
                Assert.Equal(ScriptedPeer.Bytes(count, Read), _buffer[..count]);
                Read += count;
            }

            if (Read == expected && AnsweredAt is null)
            {
                AnsweredAt = now;
                connection.Shutdown(now);
            }
        }

        public void OnClosed(TcpConnection connection, TcpError reason, Instant now) => Closed = reason;
    }

    internal sealed class ServerEnd(int answer) : ITcpHandler
    {
        private readonly byte[] _buffer = new byte[4096];
        private int _written;

        public TcpState StateWhenAccepted { get; init; }

        public List<byte> Read { get; } = [];

        public TcpError? Closed { get; private set; }

        public void OnReadable(TcpConnection connection, Instant now)
        {
            while (connection.Read(_buffer, now) is > 0 and var count)
            {
                Read.AddRange(_buffer.AsSpan(0, count));
            }

            OnWritable(connection, now);
        }

        public void OnWritable(TcpConnection connection, Instant now)
        {
            if (Read.Count > 0)
            {
                _written += connection.Write(ScriptedPeer.Bytes(answer).AsSpan(_written), now);
                if (_written == answer)
                {
                    connection.Shutdown(now);
                }
            }
        }

        public void OnClosed(TcpConnection connection, TcpError reason, Instant now) => Closed = reason;
    }
}
