using Portolan.Lab.Running.Outside;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;

namespace Portolan.Server.Lab;

/// <summary><c>lab run</c> without a command, of a lab with a scenario: plays it in virtual time, so that it needs no namespace and no privilege.</summary>
internal static class LabPlay
{
    /// <summary>Plays it and prints what it showed.</summary>
    /// <exception cref="PortolanException">There is no such scenario.</exception>
    internal static async Task<ExitCode> RunAsync(LabTopology topology, string name, LabInvocation invocation, ServerStreams streams)
    {
        if (!ScenarioCatalogue.TryFind(name, out var scenario))
        {
            throw new PortolanException(
                $"the lab {topology.Name} names the scenario {name}, and there is none of that name",
                $"there are {Advice.List(ScenarioCatalogue.All.Select(static s => s.Name))}; or run a command in the lab: portolan lab run {invocation.Topology} -- COMMAND",
                ExitCode.Usage);
        }

        if (OutsideCheck.Find(topology) is { } port)
        {
            throw new PortolanException(
                $"{port} reaches outside the lab, and a scenario plays in virtual time, in which programs outside take no part, --allow-exec or not",
                $"leave that port out of the scenario, or run a command in the lab: portolan lab run --allow-exec {invocation.Topology} -- COMMAND",
                ExitCode.Usage);
        }

        ScenarioReport report;
        await using (var capture = CaptureOutput.Open(invocation))
        {
            try
            {
                report = await ScenarioPlayer.PlayAsync(scenario, topology, invocation.Seed, capture, CaptureOutput.ViewOf(invocation, topology));
                capture?.ThrowIfFailed();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException && DoesNotFit(scenario, topology) is { } why)
            {
                throw new PortolanException(why.Message, why.Hint, why.ExitCode, exception);
            }
        }

        // A port may have been closed on purpose, to see what the checks say; without its hosts a scenario is none.
        if (!report.Succeeded && DoesNotFit(scenario, topology) is { } reason)
        {
            throw reason;
        }

        if (invocation.Json)
        {
            ScenarioJson.Write(report, topology, streams.Bytes);
        }
        else
        {
            // stdout is the capture's alone when that goes there.
            ScenarioText.Write(report, topology, CaptureOutput.IsStandardOutput(invocation) ? streams.Error : streams.Output);
        }

        return report.Succeeded ? ExitCode.Success : ExitCode.NothingFound;
    }

    /// <summary>Why a scenario that failed could not have been played in a lab; <c>null</c> when the lab has all that it needs.</summary>
    private static PortolanException? DoesNotFit(IScenario scenario, LabTopology topology)
    {
        const int MostNamed = 8;
        var own = LabLibrary.Load(scenario.Name);
        var missing = ScenarioNeeds.Missing(topology, own);
        return missing.Count == 0 ? null : new PortolanException(
            $"the scenario {scenario.Name} cannot be played in the lab {topology.Name}, which lacks what it needs: {string.Join(", ", missing.Take(MostNamed))}{(missing.Count > MostNamed ? ", …" : "")}",
            $"portolan lab show {scenario.Name} --yaml prints the lab that it is made for, to copy and change",
            ExitCode.Usage);
    }
}
