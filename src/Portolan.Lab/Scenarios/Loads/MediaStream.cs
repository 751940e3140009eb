using System.Buffers.Binary;
using System.Net;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Loads;

/// <summary>How a stream fared.</summary>
/// <param name="Sent">Datagrams sent.</param>
/// <param name="Arrived">Those that arrived.</param>
/// <param name="MeanDelay">From sending to arriving, on average.</param>
/// <param name="MostDelay">The longest.</param>
/// <param name="Jitter">The most that RFC 3550's estimate of interarrival jitter came to.</param>
internal sealed record StreamQuality(int Sent, int Arrived, TimeSpan MeanDelay, TimeSpan MostDelay, TimeSpan Jitter)
{
    /// <summary>The part that was lost, 0 to 1.</summary>
    internal double Loss => Sent == 0 ? 1 : 1 - ((double)Arrived / Sent);
}

/// <summary>
/// Sound as RTP carries it (RFC 3551: a datagram of 160 bytes each 20 ms), without a retry, and what becomes of it on the way.
/// </summary>
internal static class MediaStream
{
    internal const int Port = 5004;

    private const int Length = 172;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Streams for a while.</summary>
    internal static async Task<StreamQuality> PlayAsync(NetworkStack from, NetworkStack to, IPEndPoint at, TimeSpan span, TimeProvider time)
    {
        using var receiver = to.BindUdp(new IPEndPoint(IPAddress.Any, at.Port));
        using var sender = from.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        await sender.ConnectAsync(at);
        var count = (int)(span / Interval);
        var sent = new long[count];
        using var end = new CancellationTokenSource(span + TimeSpan.FromSeconds(5), time);
        var receiving = ReceiveAsync(receiver, sent, time, end.Token);
        for (var number = 0; number < count; number++)
        {
            var datagram = new byte[Length];
            BinaryPrimitives.WriteInt32BigEndian(datagram, number);
            sent[number] = time.GetTimestamp();
            await sender.SendAsync(datagram);
            await Task.Delay(Interval, time);
        }

        var delays = await receiving;
        return new StreamQuality(
            count, delays.Count, delays.Count == 0 ? TimeSpan.Zero : TimeSpan.FromTicks((long)delays.Average(static d => d.Ticks)),
            delays.Count == 0 ? TimeSpan.Zero : delays.Max(), JitterOf(delays));
    }

    /// <summary>The delay of each datagram that arrived, in the order in which they did.</summary>
    private static async Task<List<TimeSpan>> ReceiveAsync(UdpEndpoint receiver, long[] sent, TimeProvider time, CancellationToken end)
    {
        var delays = new List<TimeSpan>();
        var buffer = new byte[Length];
        try
        {
            while (delays.Count < sent.Length)
            {
                await receiver.ReceiveAsync(buffer, end);
                delays.Add(time.GetElapsedTime(sent[BinaryPrimitives.ReadInt32BigEndian(buffer)]));
            }
        }
        catch (OperationCanceledException)
        {
            // What has not come by now is lost.
        }

        return delays;
    }

    /// <summary>RFC 3550 section 6.4.1: J += (|D| - J) / 16, where D is the difference of two delays in a row.</summary>
    private static TimeSpan JitterOf(List<TimeSpan> delays)
    {
        var (jitter, most) = (0.0, 0.0);
        for (var i = 1; i < delays.Count; i++)
        {
            jitter += (Math.Abs((delays[i] - delays[i - 1]).TotalMilliseconds) - jitter) / 16;
            most = Math.Max(most, jitter);
        }

        return TimeSpan.FromMilliseconds(most);
    }
}
