using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Store;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.Diffing;

/// <summary>The two results: files, or moments of the store. Files are opened before the first is read.</summary>
/// <param name="request">What to compare.</param>
/// <param name="context">The streams, the clock and the environment.</param>
internal sealed class DiffSides(DiffRequest request, CommandContext context) : IDisposable
{
    private readonly List<IDisposable> _open = [];
    private HistoryStore? _store;
    private bool? _isOfCharts;

    /// <summary>Opens both.</summary>
    /// <exception cref="PortolanException">One cannot be opened.</exception>
    public (Func<Snapshot> A, Func<Snapshot> B) Open() => (Open(request.A), Open(request.B));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var open in _open)
        {
            open.Dispose();
        }

        _open.Clear();
    }

    private Func<Snapshot> Open(string word)
    {
        if (!DiffInputs.IsMoment(word))
        {
            var input = DiffInputs.Open(word, DiffInputs.TwoFiles, context);
            _open.Add(input);
            return () => SnapshotReader.Read(input, DiffInputs.NameOf(word), request.Options);
        }

        var moment = Moment.Parse(word[1..], context.Clock.GetUtcNow(), context.Clock.LocalTimeZone, word);
        if (_store is null)
        {
            _store = StoreOption.OpenForReading(StoreOption.PathOf(request.Store, context), context);
            _open.Add(_store);
        }

        return () => Read(word, moment);
    }

    private Snapshot Read(string word, Moment moment)
    {
        var reader = new MomentReader(_store!);
        _isOfCharts ??= request.IsOfCharts || !reader.HasScans;
        var adding = StoreOption.InHint(_store!.Path, context);
        var found = reader.Read(moment.End, word, _isOfCharts.Value ? MachineName() : null)
            ?? throw new PortolanException(
                $"the store {_store!.Path} has {(_isOfCharts.Value ? "no chart" : "no scan")} from before {word}",
                _isOfCharts.Value ? Advice.Of($"portolan {adding} adds one") : $"portolan scan {adding} TARGET adds one");
        if (StoreGaps.Of(_store!) is [var missing, ..] && (_store!.Gap is not { } gap || gap.Since < moment.End))
        {
            (found.IsComplete, found.Incomplete) = (false, $"it lacks {missing.What}");
        }

        return found;
    }

    private static string MachineName() => Environment.MachineName;
}
