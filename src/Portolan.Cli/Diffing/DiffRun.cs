using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Watch.Changes;
using Portolan.Watch.Documents;
using Portolan.Watch.Ndiff;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.Diffing;

/// <summary>Reads both results, compares them and prints what changed.</summary>
internal static class DiffRun
{
    /// <summary>Runs, and says how the program ends.</summary>
    /// <exception cref="PortolanException">A result cannot be read, or the two cannot be compared.</exception>
    public static ExitCode Run(DiffRequest request, CommandContext context)
    {
        DiffInputs.Check(request.A, request.B);
        if (request.IsNdiff)
        {
            return RunNdiff(request, context);
        }

        var now = context.Clock.GetUtcNow();
        using var sides = new DiffSides(request, context);
        var (a, b) = sides.Open();
        var comparison = SnapshotComparer.Compare(a(), b(), now);
        Warn(comparison, request, context);
        if (context.Json)
        {
            bool? isFailed = request.FailOn is { } words ? comparison.Changes.Any(words.Matches) : null;
            JsonOutput.WriteDocument(
                context.Output, DiffDocument.Of(comparison, isFailed, now), WatchDocuments.Default.DiffDocument);
        }
        else
        {
            new DiffText(context.Writer, context.OutputWidth, context.OutputColor).Write(comparison);
            context.Flush();
        }

        if (request.JUnit is { } path)
        {
            WriteJUnit(path, comparison, request.FailOn, now);
        }

        return request.FailOn is { } failOn && comparison.Changes.Any(failOn.Matches) ? ExitCode.NothingFound : ExitCode.Success;
    }

    private static ExitCode RunNdiff(DiffRequest request, CommandContext context)
    {
        using var inputA = DiffInputs.Open(request.A, DiffInputs.TwoFiles, context);
        var a = NdiffReader.Read(inputA, DiffInputs.NameOf(request.A));
        using var inputB = DiffInputs.Open(request.B, DiffInputs.TwoFiles, context);
        NdiffText.Write(context.Writer, a, NdiffReader.Read(inputB, DiffInputs.NameOf(request.B)), context.Clock.LocalTimeZone);
        context.Flush();
        return ExitCode.Success;
    }

    private static void Warn(Comparison comparison, DiffRequest request, CommandContext context)
    {
        foreach (var note in comparison.A.Notes.Concat(comparison.B.Notes))
        {
            context.Error.WriteLine($"portolan: {TerminalText.Escape(note)}");
        }

        if ((comparison.A.IsScopeUnknown || comparison.B.IsScopeUnknown)
            && comparison.Coverage.OpenOnlyInA + comparison.Coverage.OpenOnlyInB > 0)
        {
            var file = comparison.A.IsScopeUnknown ? comparison.A.Source : comparison.B.Source;
            context.Error.WriteLine($"portolan: {TerminalText.Escape(file)} does not list the scanned ports");
            context.Error.WriteLine(Advice.Of($"give them for both: portolan diff {request.A} {request.B} --ports 1-1000").ToHint());
        }

        var uncertain = request.FailOn is { TakesUncertain: false } failOn
            ? comparison.Changes.Count(change => failOn.Kinds.Contains(change.Kind) && !change.IsCertain)
            : 0;
        if (uncertain > 0)
        {
            var changes = DiffWords.Count(uncertain, "change");
            context.Error.WriteLine(
                $"portolan: {changes} may be due to packet loss and did not count; --fail-on uncertain counts them");
        }
    }

    private static void WriteJUnit(string path, Comparison comparison, FailOn? failOn, DateTimeOffset now)
    {
        var writer = new Utf8Writer();
        DiffJUnit.Write(writer, comparison, failOn, now);
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
}

/// <summary>What to compare and what to make of it.</summary>
/// <param name="A">The earlier result.</param>
/// <param name="B">The later result.</param>
/// <param name="Options">What the person says of both.</param>
/// <param name="FailOn">The changes that end with exit code 1; <c>null</c> for none.</param>
/// <param name="JUnit">A file for JUnit's XML; <c>null</c> for none.</param>
/// <param name="IsNdiff">Print ndiff's text.</param>
internal sealed record DiffRequest(string A, string B, SnapshotOptions Options, FailOn? FailOn, string? JUnit, bool IsNdiff)
{
    /// <summary>The store of moments as it was named; <c>null</c> for this user's.</summary>
    public string? Store { get; init; }

    /// <summary>Of a store the charts of this machine are compared, not scans.</summary>
    public bool IsOfCharts { get; init; }
}
