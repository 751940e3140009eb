using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Documents;

namespace Portolan.Cli.History;

/// <summary>Asks the store and prints the answer.</summary>
internal static class HistoryRun
{
    /// <summary>Runs, and says how the program ends: 1 where the store knows nothing of what was asked for.</summary>
    public static ExitCode Run(HistoryRequest request, CommandContext context)
    {
        var answer = HistoryAnswer.Ask(request, context);
        if (context.Json)
        {
            var now = context.Clock.GetUtcNow();
            JsonOutput.WriteDocument(context.Output, json => HistoryJson.WriteMembers(json, answer, request, now));
        }
        else
        {
            new HistoryText(context.Writer, context.Clock.LocalTimeZone, context.OutputWidth, context.OutputColor).Write(answer, request);
            context.Flush();
            if (answer.HasMore)
            {
                context.Error.WriteLine(Advice.Of($"these are the latest {answer.Changes.Count}: -n all shows every one").ToHint());
            }
        }

        var isFound = answer.Changes.Count > 0 || answer.Ports.Count > 0 || answer.Hosts.Count > 0;
        return isFound ? ExitCode.Success : ExitCode.NothingFound;
    }
}
