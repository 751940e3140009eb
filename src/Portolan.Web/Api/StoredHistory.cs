using Portolan.Model.Documents;
using Portolan.Sockets.Binding;
using Portolan.Store;
using Portolan.Watch.Documents;
using Portolan.Watch.Recording;

namespace Portolan.Web.Api;

/// <summary>
/// What is stored of this machine. The store is opened for each question: other programs write it, replace it, take it away.
/// </summary>
/// <param name="path">The store; <c>null</c> where the environment names no folder for one.</param>
/// <param name="machine">The machine's name.</param>
/// <param name="clock">The clock.</param>
internal sealed class StoredHistory(string? path, string machine, TimeProvider clock)
{
    /// <summary>How many changes of a port are answered.</summary>
    internal const int MostOfPort = 100;

    /// <summary>How many changes the overview shows.</summary>
    internal const int MostRecent = 20;

    private static readonly TimeSpan Recent = TimeSpan.FromDays(1);

    internal string Machine => machine;

    internal TimeProvider Clock => clock;

    /// <summary>The changes of a port.</summary>
    /// <exception cref="ApiError">There is no store.</exception>
    /// <exception cref="PortolanException">It cannot be read.</exception>
    internal HistoryDocument OfPort(NamedPort port)
    {
        using var store = Open();
        var question = new HistoryQuestion { Machine = machine, Port = port, Most = MostOfPort };
        return HistoryDocument.Of(HistoryAnswer.Of(store, new HistoryReader(store), question, []), store.Path, clock.GetUtcNow());
    }

    /// <summary>A page of a table.</summary>
    internal HistoryPage Page(HistoryChoice choice, int offset, int limit)
    {
        var page = new HistoryPage(
            TimeText.Rfc3339(clock.GetUtcNow()), machine, Complete: true, [], Store: null, FirstLook: null, LastLook: null, 0, 0, offset,
            []);
        if (!HasStore)
        {
            return page;
        }

        page = page with { Store = path };
        try
        {
            using var store = Open();
            var reader = new HistoryReader(store);
            var ids = store.Changes.Ids(reader.FilterOf(choice.Question, []), choice.Order, choice.IsDescending);
            var own = MachineSpaces.Of(store, machine).Find(static space => space.Space.Length == 0).Host;
            var gaps = StoreGaps.Of(store);
            return page with
            {
                Complete = gaps.Count == 0,
                Missing = MissingFactRecord.Of(gaps),
                FirstLook = own is null ? null : TimeText.Rfc3339(own.FirstLook),
                LastLook = own is null ? null : TimeText.Rfc3339(own.LastLook),
                Total = (int)store.Changes.Count(reader.FilterOf(new HistoryQuestion { Machine = machine }, [])),
                Matched = ids.Count,
                Changes = [.. reader.Changes([.. ids.Skip(offset).Take(limit)]).Select(ChangeRow.Of)],
            };
        }
        catch (PortolanException error)
        {
            return page with { Complete = false, Missing = MissingFactRecord.Of([StoreGaps.Of(error)]) };
        }
    }

    /// <summary>All changes that are meant.</summary>
    /// <exception cref="ApiError">There is no store.</exception>
    /// <exception cref="PortolanException">It cannot be read.</exception>
    internal HistoryExport Export(HistoryChoice choice) => new(Open(), choice);

    /// <summary>
    /// What changed since the last look that is a day old, or since the first one; <c>null</c> where nothing is stored of this machine.
    /// </summary>
    internal Task<ChangesRecord?> ChangesAsync(CancellationToken cancellationToken) => Task.Run(Changes, cancellationToken);

    private ChangesRecord? Changes()
    {
        if (!HasStore)
        {
            return null;
        }

        try
        {
            using var store = Open();
            var (reader, now) = (new HistoryReader(store), clock.GetUtcNow());
            if (MachineSpaces.Of(store, machine).Find(static space => space.Space.Length == 0).Host is not { } own)
            {
                return null;
            }

            var since = store.ChartRows.ObservedBefore(own.Id, now - Recent)?.LastUpTo(now - Recent) ?? own.FirstLook;
            var question = new HistoryQuestion { Machine = machine, Since = since.AddMilliseconds(1), Most = MostRecent };
            var answer = HistoryAnswer.Of(store, reader, question, []);
            return new ChangesRecord(
                TimeText.Rfc3339(since), [.. answer.Changes.Select(ChangeRow.Of)], answer.HasMore, MissingFactRecord.Of(answer.Missing));
        }
        catch (PortolanException error)
        {
            return new ChangesRecord(Since: null, [], More: false, MissingFactRecord.Of([StoreGaps.Of(error)]));
        }
    }

    private bool HasStore => File.Exists(path);

    private HistoryStore Open() => HasStore
        ? HistoryStore.OpenForReading(path!)
        : throw ApiError.NotFound("no-store", "No history is kept on this machine.", "portolan --store begins one.");
}
