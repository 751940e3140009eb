using Microsoft.AspNetCore.Http;
using Portolan.Model.Documents;
using Portolan.Web.Access;
using Portolan.Web.Feed;

namespace Portolan.Web.Api;

/// <summary>The stream of events (server-sent events, HTML standard, section 9.2).</summary>
/// <param name="feed">What reads the machine.</param>
/// <param name="hub">The events.</param>
/// <param name="bundle">A hash of the page's files.</param>
/// <param name="ending">Ends all streams.</param>
internal sealed class EventRoutes(ChartFeed feed, EventHub hub, string bundle, CancellationToken ending)
{
    /// <summary>A stream without events has a comment so often: a client that hears nothing for longer connects again.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>How long a client may take nothing before its stream ends.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly byte[] Comment = ":\n\n"u8.ToArray();

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new(
            "GET", "/api/events", Scope.Read,
            "Events as they happen: hello, chart, snapshot. With the header Last-Event-ID those that were missed come first.", StreamAsync)
        { MediaType = "text/event-stream" },
    ];

    private async Task StreamAsync(ApiExchange exchange)
    {
        var http = exchange.Http;
        http.Response.ContentType = "text/event-stream";
        if (HttpMethods.IsHead(http.Request.Method))
        {
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(exchange.Aborted, ending);
        using var watch = hub.Watch();
        try
        {
            await SendAllAsync(http, http.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } id ? id : null, end.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The server ends: so does the answer, in order.
        }
    }

    private async Task SendAllAsync(HttpContext http, string? id, CancellationToken end)
    {
        var (next, skipped) = hub.Resume(id);
        await SendAsync(http, Hello(next - 1), end);
        if (skipped is not null)
        {
            await SendAsync(http, Snapshot(skipped, next - 1), end);
        }

        while (true)
        {
            if (hub.IsGone(next, out var frame, out var wait))
            {
                next = hub.Last + 1;
                await SendAsync(http, Snapshot("skipped", next - 1), end);
            }
            else if (frame is not null)
            {
                await SendAsync(http, frame, end);
                next++;
            }
            else if (!await ArrivesAsync(wait, end))
            {
                await SendAsync(http, Comment, end);
            }
        }
    }

    private static async Task<bool> ArrivesAsync(Task wait, CancellationToken end)
    {
        try
        {
            await wait.WaitAsync(KeepAlive, end);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> frame, CancellationToken end)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(end);
        limit.CancelAfter(Patience);
        try
        {
            await http.Response.Body.WriteAsync(frame, limit.Token);
            await http.Response.Body.FlushAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested)
        {
            http.Abort();
            throw;
        }
    }

    private byte[] Hello(long number)
    {
        var view = feed.Latest;
        return hub.Frame("hello", Line(
            new HelloEvent(view?.Generation ?? 0, view is null ? null : TimeText.Rfc3339(view.TakenAt), bundle, view?.Totals),
            FeedDocuments.Default.HelloEvent), number);
    }

    private byte[] Snapshot(string reason, long number) => hub.Frame(
        "snapshot", Line(new SnapshotEvent(feed.Latest?.Generation ?? 0, reason), FeedDocuments.Default.SnapshotEvent), number);

    private static byte[] Line<T>(T document, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        using var json = new MemoryStream();
        JsonOutput.WriteLine(json, document, type);
        return json.ToArray()[..^1];
    }
}
