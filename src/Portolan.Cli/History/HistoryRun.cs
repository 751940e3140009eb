using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Watch.Documents;
using Portolan.Watch.Recording;

namespace Portolan.Cli.History;

/// <summary>Asks the store and prints the answer.</summary>
internal static class HistoryRun
{
    /// <summary>Runs, and says how the program ends: 1 where the store knows nothing of what was asked for.</summary>
    /// <param name="path">The store.</param>
    /// <param name="question">The question.</param>
    /// <param name="context">The streams.</param>
    /// <exception cref="PortolanException">There is no store, or it knows no such host. Exit code 1.</exception>
    public static ExitCode Run(string path, HistoryQuestion question, CommandContext context)
    {
        using var store = StoreOption.OpenForReading(path, context);
        var reader = new HistoryReader(store);
        IReadOnlyList<KnownHost> hosts = question.Host is { } word ? HistoryHosts.Find(word, reader, path, context) : [];
        var answer = HistoryAnswer.Of(store, reader, question, hosts);
        if (context.Json)
        {
            JsonOutput.WriteDocument(
                context.Output, HistoryDocument.Of(answer, path, context.Clock.GetUtcNow()), WatchDocuments.Default.HistoryDocument);
        }
        else
        {
            new HistoryText(context.Writer, context.Clock.LocalTimeZone, context.OutputWidth, context.OutputColor).Write(answer, question);
            context.Flush();
            if (answer.HasMore)
            {
                context.Error.WriteLine(Advice.Of($"only the latest {answer.Changes.Count} are shown: -n all shows all").ToHint());
            }
        }

        var isFound = answer.Changes.Count > 0 || answer.Ports.Count > 0 || answer.Hosts.Count > 0;
        return isFound ? ExitCode.Success : ExitCode.NothingFound;
    }
}
