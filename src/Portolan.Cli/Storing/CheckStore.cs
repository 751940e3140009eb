using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Store.Tables;
using Portolan.Watch.Recording;

namespace Portolan.Cli.Storing;

/// <summary>The store of a check: opened before anything is sent, filled as targets are done.</summary>
internal sealed class CheckStore : IDisposable
{
    private readonly RunRecorder _run;
    private readonly CommandContext _context;

    private CheckStore(RunRecorder run, CommandContext context) => (_run, _context) = (run, context);

    /// <summary>Opens it; <c>null</c> where none was asked for.</summary>
    /// <exception cref="PortolanException">It cannot be opened.</exception>
    public static CheckStore? Open(string? path, CommandContext context) => path is null
        ? null
        : new CheckStore(
            RunRecorder.Begin(
                StoreOption.OpenForWriting(path, context), context.Clock,
                new RunRecord(
                    RunKind.Check, context.Clock.GetUtcNow(),
                    string.Join(' ', context.Arguments.Select(CheckTargetParser.WithoutSecrets)), "portolan.check/1")),
            context);

    /// <summary>Adds what a check saw.</summary>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public void Add(CheckReport report)
    {
        foreach (var look in CheckLooks.Of(report))
        {
            _run.Add(look, report.StartedAt + report.Elapsed);
        }

        _run.Breathe();
    }

    /// <summary>Makes lasting what was added so far.</summary>
    public void Commit() => _run.Commit();

    /// <summary>Ends it and says what was stored.</summary>
    public void End()
    {
        _run.End(isComplete: true, missRateBound: null);
        _context.Error.WriteLine($"portolan: {StoredWords.Of(_run)}");
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}
