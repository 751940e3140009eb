using Portolan.Sockets.Binding;
using Portolan.Store;
using Portolan.Watch.Documents;
using Portolan.Watch.Recording;
using Portolan.Web.Access;

namespace Portolan.Web.Api;

/// <summary>The route about what was seen earlier.</summary>
/// <param name="path">The store; <c>null</c> where the environment names no folder for one.</param>
/// <param name="clock">The clock.</param>
internal sealed class HistoryRoutes(string? path, TimeProvider clock)
{
    private const int Most = 100;

    /// <summary>The routes.</summary>
    internal IReadOnlyList<Route> All =>
    [
        new(
            "GET", "/api/ports/{port}/history", Scope.Read, $"The last {Most} changes of a port that were stored, as portolan.history/1.",
            ShowAsync)
        { AnswerType = typeof(HistoryDocument), Parameters = [new("protocol", "tcp, udp, sctp or dccp; all of them without it")] },
    ];

    private async Task ShowAsync(Exchange exchange)
    {
        var port = new NamedPort(exchange.Port(), exchange.Protocol());
        if (path is null || !File.Exists(path))
        {
            throw ApiError.NotFound("no-store", "No history is kept on this machine.", "portolan --store begins one.");
        }

        var document = await Task.Run(() => Read(path, port), exchange.Aborted);
        await exchange.AnswerAsync(document, WatchDocuments.Default.HistoryDocument);
    }

    private HistoryDocument Read(string place, NamedPort port)
    {
        using var store = HistoryStore.OpenForReading(place);
        var answer = HistoryAnswer.Of(store, new HistoryReader(store), new HistoryQuestion { Port = port, Most = Most }, []);
        return HistoryDocument.Of(answer, place, clock.GetUtcNow());
    }
}
