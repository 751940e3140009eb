using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;

namespace Portolan.Server.Lab;

/// <summary>
/// <c>lab run</c> without a command, of a lab with a scenario: plays it in virtual time, so that it needs no namespace and no privilege.
/// </summary>
internal static class LabPlay
{
    /// <summary>Plays it and prints what it showed.</summary>
    /// <exception cref="PortolanException">There is no such scenario, or it cannot be played in this lab.</exception>
    internal static async Task<ExitCode> RunAsync(LabTopology topology, string name, LabInvocation invocation, ServerStreams streams)
    {
        if (ScenarioFit.Find(topology, invocation.Topology!) is { } reason)
        {
            throw reason;
        }

        _ = ScenarioCatalogue.TryFind(name, out var scenario);
        ScenarioReport report;
        await using (var capture = CaptureOutput.Open(invocation))
        {
            report = await ScenarioPlayer.PlayAsync(
                scenario!, topology, invocation.Seed, capture, CaptureOutput.ViewOf(invocation, topology));
            capture?.Finish();
        }

        if (invocation.Json)
        {
            ScenarioJson.Write(report, topology, streams.Bytes);
        }
        else
        {
            // stdout is the capture's alone when that goes there.
            ScenarioText.Write(
                report, topology, CaptureOutput.IsStandardOutput(invocation) ? streams.Error : streams.Output,
                new ScenarioLook(streams.Columns, invocation.Colors && !CaptureOutput.IsStandardOutput(invocation)));
        }

        if (!report.Succeeded && ScenarioFit.Hint(topology) is { } hint)
        {
            streams.Flush();
            streams.Error.WriteLine(hint.ToHint());
        }

        return report.Succeeded ? ExitCode.Success : ExitCode.NothingFound;
    }
}
