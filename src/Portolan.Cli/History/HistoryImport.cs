using Portolan.Cli.Diffing;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.History;

/// <summary>Adds files to the store, the oldest first.</summary>
internal static class HistoryImport
{
    /// <summary>Adds them and says what was added.</summary>
    /// <exception cref="PortolanException">A file cannot be read, or the store cannot be written.</exception>
    public static ExitCode Run(
        IReadOnlyList<string> files, string path, SnapshotOptions options, DateTimeOffset? taken, CommandContext context,
        CancellationToken cancellationToken)
    {
        if (files.Count(static file => file == "-") > 1)
        {
            throw new PortolanException(
                "standard input is one file", $"portolan history import -{StoreOption.OfQuestion(path, context)} < scan.xml",
                ExitCode.Usage);
        }

        // All are read before the first is added: a wrong name among them adds nothing.
        List<ImportRecorder> imports = [.. files.Select(file => Read(file, path, options, taken, context)).OrderBy(static i => i.TakenAt)];
        foreach (var import in imports)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(import, path, context);
        }

        return ExitCode.Success;
    }

    private static ImportRecorder Read(string file, string path, SnapshotOptions options, DateTimeOffset? taken, CommandContext context)
    {
        var (name, store) = (DiffInputs.NameOf(file), StoreOption.OfQuestion(path, context));
        using var input = DiffInputs.Open(
            file,
            $"give a saved result: portolan scan TARGET -oX scan.xml writes one, "
            + $"portolan history import scan.xml{store} adds it",
            context);
        var bytes = input.ReadToEnd();
        var snapshot = SnapshotReader.Read(new MemoryStream(bytes, writable: false), name, options);
        foreach (var note in snapshot.Notes)
        {
            context.Error.WriteLine($"portolan: {TerminalText.Escape(note)}");
        }

        if (snapshot.IsScopeUnknown)
        {
            context.Error.WriteLine(
                $"portolan: {TerminalText.Escape(name)} does not list the scanned ports: only the ports it names count");
            context.Error.WriteLine(Advice.Of($"give them: portolan history import {file}{store} --ports 1-1000").ToHint());
        }

        return new ImportRecorder(name, bytes, snapshot, snapshot.TakenAt ?? taken ?? throw new PortolanException(
            $"{name} does not contain the time of the scan", $"portolan history import {file}{store} --taken 2026-11-20T03:00"));
    }

    private static void Add(ImportRecorder import, string path, CommandContext context)
    {
        var when = HistoryWords.Time(import.TakenAt, context.Clock.LocalTimeZone);
        var store = StoreOption.OpenForWriting(path, context);
        if (import.FindEarlier(store) is { } earlier)
        {
            store.Dispose();
            context.Writer.WriteLine(TerminalText.Escape($"{import.File}, {when}: already stored, as {earlier.Source}"));
        }
        else
        {
            var run = import.Add(store, context.Clock);
            var late = run.Late == 0 ? "" : $"; older than the stored data of {DiffWords.Count(run.Late, "host")}, "
                + $"so no change was derived";
            context.Writer.WriteLine(TerminalText.Escape(
                $"{import.File}, {when}: {DiffWords.Count(run.Looks, "host")}, {DiffWords.Count(run.Changes, "change")}{late}"));
        }

        context.Flush();
    }
}
