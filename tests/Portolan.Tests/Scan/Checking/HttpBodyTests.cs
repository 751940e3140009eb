using Portolan.Scan.Checking;
using Portolan.Scan.Names;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Tests.Scan.Checking;

/// <summary>A body is read to its end, or for as long as a step may take; how it ended is told, in virtual time.</summary>
public sealed class HttpBodyTests
{
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData(5 * MiB, After.End, 200, 10L * MiB, "broken")]
    [InlineData(5 * MiB, After.End, 200, 4L * MiB, "broken")]
    [InlineData(5 * MiB, After.End, 200, 5L * MiB, "complete")]
    [InlineData(5 * MiB, After.End, 200, null, "complete")]
    [InlineData(5 * MiB, After.Failure, 200, null, "broken")]
    [InlineData(5 * MiB, After.Silence, 200, 10L * MiB, "timed-out")]
    [InlineData(5 * MiB, After.Silence, 200, null, "timed-out")]
    [InlineData(5 * MiB, After.More, 200, 1000L * MiB, "too-long")]
    [InlineData(5 * MiB, After.More, 200, null, "too-long")]
    [InlineData(5 * MiB, After.More, 404, null, "too-long")]
    [InlineData(5 * MiB, After.More, 200, 5L * MiB, "broken")]
    [InlineData(100, After.More, 200, null, "timed-out")]
    [InlineData(100, After.End, 200, 100L, "complete")]
    [InlineData(0, After.End, 304, 100L, "complete")]
    public void The_end_of_a_body_is_told_however_long_it_is(int length, After after, int status, long? says, string ending)
    {
        var body = Read(length, after, status, says);

        Assert.Equal((ending, after == After.More && ending != "broken"), (body.Ending.Name(), body.StillCame));
        // Behind what was announced nothing is read.
        Assert.True(body.Length > says || (after == After.More ? body.Length > length : body.Length == length), $"{body.Length} bytes");
    }

    [Fact]
    public void Of_a_redirect_no_more_is_read_than_that()
    {
        var body = Read(5 * MiB, After.More, 302, says: null);

        Assert.Equal(BodyEnding.TooLong, body.Ending);
        Assert.InRange(body.Length, HttpBody.Enough, 2 * HttpBody.Enough);
    }

    [Theory]
    [InlineData(5 * MiB, 200, null, 4 * MiB, "too-long", 4 * MiB)]
    [InlineData(5 * MiB, 200, 5L * MiB, 4 * MiB, "too-long", 4 * MiB)]
    [InlineData(4 * MiB, 200, 4L * MiB, 4 * MiB, "complete", 4 * MiB)]
    [InlineData(4 * MiB, 200, null, 4 * MiB, "complete", 4 * MiB)]
    [InlineData(5 * MiB, 302, null, 4 * MiB, "too-long", MiB)]
    [InlineData(5 * MiB, 302, null, 1024, "too-long", 1024)]
    [InlineData(17 * MiB, 200, null, null, "too-long", 16 * MiB)]
    public void No_more_of_a_body_is_read_than_the_limit(int length, int status, long? says, int? limit, string ending, int read)
    {
        var body = Read(length, After.End, status, says, limit);

        Assert.Equal((ending, (long)read, ending == "too-long" ? read : (long?)null), (body.Ending.Name(), body.Length, body.Limit));
        Assert.False(body.StillCame);
    }

    private static HttpBody Read(int length, After after, int status, long? says, long? limit = null)
    {
        var options = new CheckOptions { Timeout = TimeSpan.FromSeconds(5) };
        options = limit is { } most ? options with { MaxBody = most } : options;
        var time = new TestTime();
        var tools = new CheckTools(null!, new NoNames(), [], () => 1, Network: null, new UdpPayloads(1), () => null, time);
        Assert.True(CheckTargetParser.TryParse("http://192.0.2.1/", out var target, out _));
        var hop = new HopContext(target, options, tools, new StepClock(time), new WarmUp());
        using var response =
            new HttpResponseMessage((System.Net.HttpStatusCode)status) { Content = new StreamContent(new Server(time, length, after)) };
        response.Content.Headers.ContentLength = says;
        return time.Run(() => HttpBody.ReadAsync(hop, response, CancellationToken.None));
    }

    /// <summary>What comes behind the first bytes.</summary>
    public enum After
    {
        End,
        Failure,
        Silence,
        More,
    }

    /// <summary>A body: so many bytes at once, then an end, a reset, nothing more, or a little every 10 ms.</summary>
    private sealed class Server(TestTime time, int length, After after) : Stream
    {
        private int _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left > 0)
            {
                var piece = Math.Min(_left, buffer.Length);
                _left -= piece;
                return piece;
            }

            switch (after)
            {
                case After.Failure:
                    throw new IOException("reset");
                case After.Silence:
                    await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
                    return 0;
                case After.More:
                    await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken);
                    return 1;
                default:
                    return 0;
            }
        }

        public override void Flush()
        {
            // Nothing is written.
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class NoNames : INameLookup
    {
        public Task<NameAnswer> LookUpAsync(string name, AddressFamilies families, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
