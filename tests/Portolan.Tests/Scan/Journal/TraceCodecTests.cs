using Portolan.Model;
using Portolan.Scan.Journal;
using Portolan.Scan.Results;

namespace Portolan.Tests.Scan.Journal;

/// <summary>The way to a host in a journal.</summary>
public sealed class TraceCodecTests
{
    private static HostTrace Trace
    {
        get
        {
            Assert.True(InternetAddress.TryParse("198.18.0.254", out var near));
            Assert.True(InternetAddress.TryParse("2001:db8::7", out var far));
            var first = new TraceHop(1, near, TimeSpan.FromMilliseconds(1.5), "gate.example");
            var last = new TraceHop(3, far, TimeSpan.FromMilliseconds(20));
            return new HostTrace(
                new TraceProbe(TraceMethod.Udp, new PortNumber(53)), [first, new TraceHop(2, null, TimeSpan.Zero), last], IsReached: true)
            {
                Filtered =
                [
                    new FilteredTrace(new ProbePort(TransportProtocol.Tcp, new PortNumber(22)), first, last, null, TraceCertainty.Between),
                    new FilteredTrace(new ProbePort(TransportProtocol.Udp, new PortNumber(69)), null, null, far, TraceCertainty.Named),
                ],
            };
        }
    }

    [Fact]
    public void What_was_written_is_read()
    {
        var to = new JournalEncoder();
        TraceCodec.Write(to, Trace);
        var from = new JournalDecoder(to.Written);
        Assert.True(TraceCodec.TryRead(ref from, out var read));
        Assert.True(from.IsAtEnd);
        var written = Trace;
        Assert.Equal(written.Probe, read.Probe);
        Assert.Equal(written.Hops, read.Hops);
        Assert.Equal(written.IsReached, read.IsReached);
        Assert.Equal(written.Filtered, read.Filtered);
    }

    [Fact]
    public void Bytes_that_end_too_soon_are_none()
    {
        var to = new JournalEncoder();
        TraceCodec.Write(to, Trace);
        for (var length = 0; length < to.Length; length++)
        {
            var from = new JournalDecoder(to.Written[..length]);
            Assert.False(TraceCodec.TryRead(ref from, out _));
        }
    }
}
