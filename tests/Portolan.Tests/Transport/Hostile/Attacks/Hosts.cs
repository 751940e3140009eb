using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>What the victim's servers do with their connections.</summary>
internal enum Manner
{
    /// <summary>Reads nothing, writes nothing, closes nothing.</summary>
    Holds,

    /// <summary>Writes without end.</summary>
    Talks,

    /// <summary>Closes at once.</summary>
    Leaves,

    /// <summary>Writes 64 KiB and closes.</summary>
    TalksAndLeaves,

    /// <summary>Reads all that comes, and closes when the peer does.</summary>
    Reads,
}

/// <summary>A server of the victim, for all connections of its port.</summary>
internal sealed class Host(Manner manner) : ITcpHandler
{
    private static readonly byte[] Chunk = new byte[64 << 10];
    private readonly byte[] _room = new byte[64 << 10];

    /// <summary>Bytes read.</summary>
    internal long Read { get; private set; }

    public void OnEstablished(TcpConnection connection, Instant now)
    {
        if (manner is Manner.Talks or Manner.TalksAndLeaves)
        {
            OnWritable(connection, now);
        }

        if (manner is Manner.Leaves or Manner.TalksAndLeaves)
        {
            connection.Close(now);
        }
    }

    public void OnWritable(TcpConnection connection, Instant now)
    {
        while (manner is Manner.Talks or Manner.TalksAndLeaves)
        {
            if (connection.Write(Chunk, now) < Chunk.Length || manner == Manner.TalksAndLeaves)
            {
                return;
            }
        }
    }

    public void OnReadable(TcpConnection connection, Instant now)
    {
        if (manner != Manner.Reads)
        {
            return;
        }

        int count;
        while ((count = connection.Read(_room, now)) > 0)
        {
            Read += count;
        }

        if (connection.IsAtEnd)
        {
            connection.Close(now);
        }
    }
}

/// <summary>A good peer that writes without end.</summary>
internal sealed class Talker : ITcpHandler
{
    private static readonly byte[] Chunk = new byte[64 << 10];

    /// <summary>How many bytes a round of writing may take.</summary>
    internal int Most { get; init; } = int.MaxValue;

    public void OnEstablished(TcpConnection connection, Instant now) => OnWritable(connection, now);

    public void OnWritable(TcpConnection connection, Instant now)
    {
        while (connection.Write(Chunk.AsSpan(0, Math.Min(Chunk.Length, Most)), now) == Chunk.Length)
        {
        }
    }
}
