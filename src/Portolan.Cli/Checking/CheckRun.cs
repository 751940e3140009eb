using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Scan.Checking;
using Portolan.Scan.Documents;

namespace Portolan.Cli.Checking;

/// <summary>Has all targets checked and prints them in their order, each as soon as it and all before it are done.</summary>
internal sealed class CheckRun(CheckRunRequest request, PortChecker checker, CommandContext context)
{
    private readonly CheckRounds _rounds = new(request.Orders, checker);

    /// <summary>Runs once, or again and again when watching, and says how the program ends.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        context.EndInOrder();
        using var store = CheckStore.Open(request.Store, context);
        return request.Watch is { } interval ? Watch(interval, store, cancellationToken) : RunOnce(store, cancellationToken);
    }

    private ExitCode RunOnce(CheckStore? store, CancellationToken cancellationToken)
    {
        var startedAt = context.Clock.GetUtcNow();
        var verdicts = new List<CheckVerdict>();
        var text = context.Json ? null : new CheckText(context, request.IsVerbose);
        foreach (var verdict in _rounds.Next(cancellationToken))
        {
            text?.Write(verdict);
            context.Flush();
            verdicts.Add(verdict);
            store?.Add(verdict.Report);
        }

        text?.WriteEnd();
        if (context.Json)
        {
            JsonOutput.WriteDocument(
                context.Output, CheckDocument.Of(verdicts, startedAt, Survey.Host), ScanDocuments.Default.CheckDocument);
        }

        WriteJUnit(verdicts, startedAt);
        store?.End();
        return ExitOf(verdicts);
    }

    /// <summary>The first round is printed whole, from the second on only what changed. Ends by a signal.</summary>
    private ExitCode Watch(TimeSpan interval, CheckStore? store, CancellationToken cancellationToken)
    {
        var states = new WatchedStates();
        var text = context.Json ? null : new CheckText(context, request.IsVerbose);
        while (true)
        {
            var startedAt = context.Clock.GetUtcNow();
            var (index, all) = (0, new List<CheckVerdict>());
            foreach (var verdict in _rounds.Next(cancellationToken))
            {
                all.Add(verdict);
                store?.Add(verdict.Report);
                if (states.HasChanged(index++, verdict, out var before))
                {
                    if (text is null)
                    {
                        JsonOutput.WriteLine(
                            context.Output, CheckDocument.Of([verdict], startedAt, Survey.Host), ScanDocuments.Default.CheckDocument);
                    }
                    else
                    {
                        text.WriteChange(verdict, before);
                        context.Flush();
                    }
                }
            }

            WriteJUnit(all, startedAt);
            store?.Commit();
            cancellationToken.WaitHandle.WaitOne(interval);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void WriteJUnit(List<CheckVerdict> verdicts, DateTimeOffset startedAt)
    {
        if (request.JUnit is not { } path)
        {
            return;
        }

        var writer = new Utf8Writer();
        JUnitWriter.Write(writer, verdicts, startedAt, Survey.Host);
        try
        {
            using var file = NamedFile.Open(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write });
            file.Write(writer.Written);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"cannot write {path}: {NamedFile.WhyNot(exception, path, FileAccess.Write)}", $"give --junit a writable file",
                ExitCode.Failed, exception);
        }
    }

    private static ExitCode ExitOf(List<CheckVerdict> verdicts)
    {
        var code = ExitCode.Success;
        foreach (var verdict in verdicts)
        {
            if (verdict.Passed is null)
            {
                return ExitCode.Failed;
            }

            code = verdict.Passed == true ? code : ExitCode.NothingFound;
        }

        return code;
    }
}

/// <summary>What <c>portolan check</c> was asked to do.</summary>
/// <param name="Orders">Targets and what they must show, in the order of the command line; never empty.</param>
/// <param name="Options">How each is checked.</param>
/// <param name="JUnit">Where the verdicts go for a build server; <c>null</c> for nowhere.</param>
/// <param name="Watch">How long after each round the next begins; <c>null</c> for one round.</param>
/// <param name="IsVerbose">Every step of every hop is shown, not a line for each hop of a redirected check.</param>
internal sealed record CheckRunRequest(
    IReadOnlyList<CheckOrder> Orders, CheckOptions Options, string? JUnit, TimeSpan? Watch, bool IsVerbose)
{
    /// <summary>The store that results are added to; <c>null</c> for none.</summary>
    public string? Store { get; init; }
}
