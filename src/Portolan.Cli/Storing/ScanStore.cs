using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Store.Tables;
using Portolan.Watch.Recording;

namespace Portolan.Cli.Storing;

/// <summary>The store of a scan: opened before anything is sent, filled while it runs.</summary>
internal sealed class ScanStore : IDisposable
{
    private readonly RunRecorder _run;
    private readonly ScanRecorder _scan;
    private readonly CommandContext _context;

    private ScanStore(RunRecorder run, CommandContext context)
    {
        (_run, _context) = (run, context);
        _scan = new ScanRecorder(run, Say);
    }

    /// <summary>Hears the scan.</summary>
    public IScanObserver Observer => _scan;

    /// <summary>Whether all of the scan was stored.</summary>
    public bool IsWhole => _scan.Failure is null;

    /// <summary>Opens it; <c>null</c> where none was asked for.</summary>
    public static ScanStore? Open(string? path, IReadOnlyList<string> arguments, CommandContext context)
    {
        if (path is null)
        {
            return null;
        }

        var store = StoreOption.OpenForWriting(path, context);
        var run = new RunRecord(RunKind.Scan, context.Clock.GetUtcNow(), string.Join(' ', arguments), "portolan.scan/1");
        return new ScanStore(RunRecorder.Begin(store, context.Clock, run), context);
    }

    /// <summary>Says what was stored.</summary>
    public void Report()
    {
        if (IsWhole)
        {
            _context.Error.WriteLine($"portolan: {StoredWords.Of(_run)}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();

    private void Say(PortolanException failure)
    {
        _context.Error.WriteLine($"portolan: {TerminalText.Escape(failure.Message)}; the scan continues without storing");
        if (failure.Hint is { } hint)
        {
            _context.Error.WriteLine(hint.ToHint());
        }
    }
}
