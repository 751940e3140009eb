using Portolan.Store;
using Portolan.Watch.Documents;
using Portolan.Watch.Recording;

namespace Portolan.Web.Api;

/// <summary>Changes that are saved: read piece by piece while they are written. It closes the store.</summary>
internal sealed class HistoryExport : IDisposable
{
    private const int Piece = 1000;

    private readonly HistoryStore _store;
    private readonly HistoryReader _reader;
    private readonly List<long> _ids;

    /// <summary>Finds which changes they are.</summary>
    /// <param name="store">The store.</param>
    /// <param name="choice">Which are meant.</param>
    internal HistoryExport(HistoryStore store, HistoryChoice choice)
    {
        (_store, _reader) = (store, new HistoryReader(store));
        try
        {
            _ids = store.Changes.Ids(_reader.FilterOf(choice.Question, []), choice.Order, choice.IsDescending);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    internal IEnumerable<StoredChange> Changes => _ids.Chunk(Piece).SelectMany(_reader.Changes);

    /// <summary>The same as <c>portolan history --json</c> writes them.</summary>
    /// <param name="askedAt">When they were asked for.</param>
    internal HistoryDocument ToDocument(DateTimeOffset askedAt) =>
        HistoryDocument.Of(new HistoryAnswer([], [], [], HasMore: false, StoreGaps.Of(_store)), _store.Path, askedAt) with
        {
            Changes = Changes.Select(StoredChangeRecord.Of),
        };

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();
}
