using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Paths;

/// <summary>
/// One stream from left to right over a path of one cable, or of two with a router between; what arrives is compared byte by byte.
/// </summary>
internal sealed class PathTransfer : IDisposable
{
    private readonly Writer _writer = new();
    private readonly Reader _reader = new();

    internal PathTransfer(FaultProfile forward, FaultProfile back, TcpProfile? profile = null, bool hasRouter = false, bool isIPv4 = true)
    {
        profile ??= TcpProfile.Linux;
        World = new SimWorld(seed: 1);
        Left = World.AddHost(new SimHostOptions { Name = "left", Profile = profile });
        Right = World.AddHost(new SimHostOptions { Name = "right", Profile = profile });
        var next = hasRouter ? World.AddHost(new SimHostOptions { Name = "router", IsRouter = true }) : Right;
        Near = World.Connect(Left, next, LinkLayer.Ip);
        Far = hasRouter ? World.Connect(next, Right, LinkLayer.Ip) : Near;
        var (prefix, length) = isIPv4 ? ("198.18.", 24) : ("2001:db8:", 64);
        var between = isIPv4 ? "." : "::";
        Left.AddAddress(Near.LeftInterface, $"{prefix}1{between}1", length);
        Right.AddAddress(Far.RightInterface, $"{prefix}{(hasRouter ? 2 : 1)}{between}2", length);
        if (hasRouter)
        {
            next.AddAddress(Near.RightInterface, $"{prefix}1{between}9", length);
            next.AddAddress(Far.LeftInterface, $"{prefix}2{between}9", length);
            Left.Ip.AddDefaultRoute(Near.LeftInterface, SimWorld.Address($"{prefix}1{between}9"));
            Right.Ip.AddDefaultRoute(Far.RightInterface, SimWorld.Address($"{prefix}2{between}9"));
        }

        (Far.FromLeft, Far.FromRight) = (forward, back);
        var target = SimWorld.Address($"{prefix}{(hasRouter ? 2 : 1)}{between}2");
        Assert.True(Right.Tcp.TryListen(new TcpListenRequest(target, new(80)), out var listener, out _));
        listener.Ready = ready =>
        {
            Assert.True(ready.TryAccept(out var accepted));
            accepted.Handler = _reader;
        };
        Left.Do(() =>
        {
            Connection = Left.Tcp.Connect(new TcpConnectRequest(target, new(80)), Left.Now).Connection!;
            Connection.Handler = _writer;
        });
    }

    internal SimWorld World { get; }

    internal SimHost Left { get; }

    internal SimHost Right { get; }

    internal SimCable Near { get; }

    internal SimCable Far { get; }

    internal TcpConnection Connection { get; private set; } = null!;

    internal TcpInfo Info => Connection.Info();

    internal long Count => _reader.Count;

    /// <summary>Mb/s of payload in a time from now on.</summary>
    internal double Run(double seconds)
    {
        var before = Count;
        World.Run(TimeSpan.FromSeconds(seconds));
        return (Count - before) * 8 / seconds / 1e6;
    }

    /// <summary>Writes no more; what was written must come within a time.</summary>
    internal void Finish(double seconds)
    {
        _writer.IsDone = true;
        Assert.True(
            World.RunUntil(() => _reader.Count == _writer.Count, TimeSpan.FromSeconds(seconds)),
            $"{_reader.Count} of {_writer.Count} bytes");
    }

    /// <summary>Writes again.</summary>
    internal void Resume()
    {
        _writer.IsDone = false;
        Left.Do(() => _writer.OnWritable(Connection, Left.Now));
    }

    public void Dispose() => World.Dispose();

    /// <summary>Bytes whose period divides no segment's length, so that a segment in a wrong place is found.</summary>
    private static class Pattern
    {
        internal const int Chunk = 60_000;
        private const int Period = 65_521;
        private static readonly byte[] _bytes = Make();

        internal static ReadOnlySpan<byte> At(long position, int length) => _bytes.AsSpan((int)(position % Period), length);

        private static byte[] Make()
        {
            var period = new byte[Period];
            new Random(1).NextBytes(period);
            return [.. period, .. period[..Chunk]];
        }
    }

    private sealed class Writer : ITcpHandler
    {
        internal long Count { get; private set; }

        internal bool IsDone { get; set; }

        public void OnEstablished(TcpConnection connection, Instant now) => OnWritable(connection, now);

        public void OnWritable(TcpConnection connection, Instant now)
        {
            while (!IsDone)
            {
                var written = connection.Write(Pattern.At(Count, Pattern.Chunk), now);
                Count += written;
                if (written < Pattern.Chunk)
                {
                    break;
                }
            }
        }
    }

    private sealed class Reader : ITcpHandler
    {
        private readonly byte[] _buffer = new byte[Pattern.Chunk];

        internal long Count { get; private set; }

        public void OnReadable(TcpConnection connection, Instant now)
        {
            while (connection.Read(_buffer, now) is var count && count > 0)
            {
                Assert.True(
                    _buffer.AsSpan(0, count).SequenceEqual(Pattern.At(Count, count)), $"other bytes than were written, from {Count} on");
                Count += count;
            }
        }
    }
}
