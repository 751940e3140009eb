using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Tcp;

namespace Portolan.StackScenarios;

/// <summary>Somebody with many connections.</summary>
internal abstract class ManyConnections : IDisposable
{
    protected const int PayloadLength = 100;

    /// <summary>How many connections there are; of two stacks both ends count.</summary>
    internal abstract long Count { get; }

    /// <summary>Bytes of packet memory in use.</summary>
    internal abstract long PoolBytes { get; }

    /// <summary>Opens so many.</summary>
    internal abstract void Open(int count);

    /// <summary>Lets the timers of the beginning run out.</summary>
    internal abstract void Rest();

    /// <summary>
    /// Sends a little on so many connections, drawn at random. Returns how many segments were read at the other end and acknowledged.
    /// </summary>
    internal abstract int Speak(int count);

    public abstract void Dispose();

    /// <summary>So many different numbers below a limit.</summary>
    protected static int[] Draw(int count, int limit)
    {
        var random = new Random(1);
        var drawn = new HashSet<int>();
        while (drawn.Count < Math.Min(count, limit))
        {
            drawn.Add(random.Next(limit));
        }

        return [.. drawn];
    }
}

/// <summary>One stack; its clients are packets written by hand.</summary>
internal sealed class ManyOfOneStack : ManyConnections
{
    private readonly Injected _server = new(listens: true);

    /// <summary>What the clients must know: four bytes of each connection are theirs.</summary>
    private uint[] _acknowledgments = [];

    internal override long Count => _server.Host.Tcp.ConnectionCount;

    internal override long PoolBytes => _server.Host.Pool.BytesInUse;

    internal override void Open(int count)
    {
        _acknowledgments = new uint[count];
        for (var i = 0; i < count; i++)
        {
            _acknowledgments[i] = _server.Open(i);
        }
    }

    internal override void Rest() => _server.Skip(TimeSpan.FromSeconds(10));

    internal override int Speak(int count)
    {
        var (read, sent, payload) = (0, _server.Sent, new byte[PayloadLength]);
        foreach (var client in Draw(count, _acknowledgments.Length))
        {
            var before = _server.Reader.Read;
            _server.Inject(Injector.Segment(client, TcpFlags.Ack | TcpFlags.Psh, 1, _acknowledgments[client], payload, isSyn: false));
            read += _server.Reader.Read == before + PayloadLength ? 1 : 0;
        }

        // Acknowledgments may be late.
        _server.Skip(TimeSpan.FromSeconds(1));
        return (int)Math.Min(read, _server.Sent - sent);
    }

    public override void Dispose() => _server.Dispose();
}

/// <summary>Two whole stacks on a wire of Ethernet frames.</summary>
internal sealed class ManyOfTwoStacks : ManyConnections
{
    private const int OfOneAddress = 31_250;
    private const int Addresses = 16;
    private const int UnderWay = 256;

    private readonly StackPair _pair = new([.. Enumerable.Range(1, Addresses).Select(Address)]);
    private readonly Reader _reader = new();
    private TcpConnection[] _connections = [];

    internal override long Count => _pair.Client.Tcp.ConnectionCount + _pair.Server.Tcp.ConnectionCount;

    internal override long PoolBytes => _pair.Client.Pool.BytesInUse + _pair.Server.Pool.BytesInUse;

    internal override void Open(int count)
    {
        if (count / 2 > OfOneAddress * Addresses)
        {
            throw new ArgumentOutOfRangeException(nameof(count), $"the clients have ports for {OfOneAddress * Addresses} connections only");
        }

        _connections = new TcpConnection[count / 2];
        _pair.Server.Listen(_reader);
        for (var i = 0; i < _connections.Length; i++)
        {
            _connections[i] = _pair.Client.Connect(StackPair.ServerAddress, null, _pair.Now, Address(1 + (i / OfOneAddress)));
            if (i % UnderWay == UnderWay - 1)
            {
                _pair.Until(() => Count == 2 * (i + 1));
            }
        }

        _pair.Until(() => Count == 2 * _connections.Length && Array.TrueForAll(_connections, static c => c.State == TcpState.Established));
    }

    internal override void Rest()
    {
        for (var second = 0; second < 10; second++)
        {
            _pair.Skip(TimeSpan.FromSeconds(1));
        }
    }

    internal override int Speak(int count)
    {
        var drawn = Draw(count, _connections.Length);
        var payload = new byte[PayloadLength];
        var read = 0;
        foreach (var one in drawn)
        {
            var before = _reader.Read;
            _connections[one].Write(payload, _pair.Now);
            _pair.Client.Ip.Flush();
            _pair.Until(() => _reader.Read > before);
            read += _reader.Read == before + PayloadLength ? 1 : 0;
        }

        // Acknowledgments may be late.
        _pair.Skip(TimeSpan.FromSeconds(1));
        _pair.Until(() => Array.TrueForAll(drawn, i => _connections[i].IsSendQueueEmpty));
        return read;
    }

    public override void Dispose() => _pair.Dispose();

    private static string Address(int index) => $"198.18.1.{index}";
}
