using System.Net;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Loads;

/// <summary>What else goes over a link: a file copy that takes what it can get, a page now and then, and mail.</summary>
internal static class OtherTraffic
{
    internal const int CopyPort = 873;

    internal const int MailPort = 25;

    internal const int WebPort = 80;

    private const int BlockLength = 16 << 10;

    private const int MailLines = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Copies for a while, as fast as TCP allows.</summary>
    /// <returns>Bytes that the receiver has acknowledged or still gets: those that were handed to TCP.</returns>
    internal static async Task<long> CopyAsync(NetworkStack from, IPEndPoint to, TimeSpan span, TimeProvider time)
    {
        var stream = await from.ConnectTcpAsync(to, localEndPoint: null);
        var block = new byte[BlockLength];
        var bytes = 0L;
        using var end = new CancellationTokenSource(span, time);
        try
        {
            for (; ; bytes += block.Length)
            {
                await stream.WriteAsync(block, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // That was the time.
        }

        stream.Abort();
        return bytes;
    }

    /// <summary>Loads a page a second.</summary>
    /// <returns>How long each took.</returns>
    internal static async Task<List<TimeSpan>> BrowseAsync(NetworkStack reader, IPEndPoint server, TimeSpan span, TimeProvider time)
    {
        var (start, times) = (time.GetTimestamp(), new List<TimeSpan>());
        while (time.GetElapsedTime(start) < span)
        {
            var begun = time.GetTimestamp();
            await using (var stream = await reader.ConnectTcpAsync(server, localEndPoint: null))
            {
                await Browser.GetAsync(stream, "server", "/");
            }

            times.Add(time.GetElapsedTime(begun));
            await Task.Delay(Pause, time);
        }

        return times;
    }

    /// <summary>Sends mails, one after the other.</summary>
    /// <returns>How long each took.</returns>
    internal static async Task<List<TimeSpan>> MailAsync(NetworkStack from, IPEndPoint server, TimeSpan span, TimeProvider time)
    {
        var (start, times) = (time.GetTimestamp(), new List<TimeSpan>());
        while (time.GetElapsedTime(start) < span)
        {
            var begun = time.GetTimestamp();
            await using (var stream = await from.ConnectTcpAsync(server, localEndPoint: null))
            {
                await MailClient.DeliverAsync(
                    stream, "a@example.com", "user@priorities.lab", "Photos",
                    [.. Enumerable.Repeat("A line of a mail, as long as such lines are.", MailLines)]);
            }

            times.Add(time.GetElapsedTime(begun));
            await Task.Delay(Pause, time);
        }

        return times;
    }
}
