using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp.Support;

/// <summary>Writes so many bytes of a known stream, reads the peer's and compares each, in steps of random length; then closes.</summary>
internal sealed class StreamApp(int seed, int stream, long toWrite, long expected, int readMost = int.MaxValue) : ITcpHandler
{
    private readonly Random _random = new(seed);
    private readonly byte[] _buffer = new byte[70_000];

    public long Written { get; private set; }

    public long Read { get; private set; }

    public bool IsEstablished { get; private set; }

    public int EndsSeen { get; private set; }

    public int ClosedCount { get; private set; }

    public TcpError Reason { get; private set; }

    public bool IsDone => Read == expected && EndsSeen > 0;

    /// <summary>Reads this much in each step and only when told; else all at once.</summary>
    public bool IsSlow { get; set; }

    public static byte At(int stream, long position) => (byte)((((ulong)position * 0x9e3779b97f4a7c15) ^ ((ulong)stream << 32)) >> 29);

    public void OnEstablished(TcpConnection connection, Instant now)
    {
        Assert.False(IsEstablished);
        IsEstablished = true;
        Pump(connection, now);
    }

    public void OnReadable(TcpConnection connection, Instant now)
    {
        if (!IsSlow)
        {
            Drain(connection, now);
        }
    }

    public void OnWritable(TcpConnection connection, Instant now) => Pump(connection, now);

    public void OnClosed(TcpConnection connection, TcpError reason, Instant now)
    {
        Drain(connection, now);
        ClosedCount++;
        Reason = reason;
    }

    public void Drain(TcpConnection connection, Instant now)
    {
        while (true)
        {
            var most = Math.Min(readMost, _random.Next(1, _buffer.Length));
            var count = connection.Read(_buffer.AsSpan(0, most), now);
            for (var i = 0; i < count; i++)
            {
                if (_buffer[i] != At(1 - stream, Read + i))
                {
                    Assert.Fail($"byte {Read + i} is not what was written");
                }
            }

            Read += count;
            if (count == 0 || IsSlow)
            {
                break;
            }
        }

        Assert.True(Read <= expected);
        if (connection.IsAtEnd && EndsSeen == 0)
        {
            EndsSeen++;
        }
    }

    private void Pump(TcpConnection connection, Instant now)
    {
        while (Written < toWrite)
        {
            var count = (int)Math.Min(toWrite - Written, _random.Next(1, _buffer.Length));
            for (var i = 0; i < count; i++)
            {
                _buffer[i] = At(stream, Written + i);
            }

            var taken = connection.Write(_buffer.AsSpan(0, count), now);
            Written += taken;
            if (taken < count)
            {
                return;
            }
        }

        connection.Shutdown(now);
    }
}
