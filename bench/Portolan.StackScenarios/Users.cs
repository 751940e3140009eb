using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.StackScenarios;

/// <summary>Writes as much as it was told to.</summary>
internal sealed class Writer(long bytes) : ITcpHandler
{
    private readonly byte[] _chunk = new byte[64 << 10];
    private long _written;

    public void OnEstablished(TcpConnection connection, Instant now) => OnWritable(connection, now);

    public void OnWritable(TcpConnection connection, Instant now)
    {
        while (_written < bytes)
        {
            var taken = connection.Write(_chunk.AsSpan(0, (int)Math.Min(_chunk.Length, bytes - _written)), now);
            _written += taken;
            if (taken < _chunk.Length)
            {
                return;
            }
        }
    }
}

/// <summary>Reads all that comes, and closes when the peer does.</summary>
internal sealed class Reader : ITcpHandler
{
    private readonly byte[] _buffer = new byte[64 << 10];

    internal long Read { get; private set; }

    public void OnReadable(TcpConnection connection, Instant now)
    {
        int count;
        while ((count = connection.Read(_buffer, now)) > 0)
        {
            Read += count;
        }

        if (connection.IsAtEnd)
        {
            connection.Close(now);
        }
    }
}

/// <summary>Closes as soon as it is open.</summary>
internal sealed class Closer : ITcpHandler
{
    /// <summary>Connections that were begun and are not over: <see cref="OnClosed"/> counts down what others count up.</summary>
    internal int Open { get; set; }

    public void OnEstablished(TcpConnection connection, Instant now) => connection.Close(now);

    public void OnClosed(TcpConnection connection, TcpError reason, Instant now) => Open--;
}
