using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;

namespace Portolan.Server.Lab;

/// <summary>
/// <c>lab check</c>: all that <c>lab run</c> would refuse a lab for, what ends its scenario early or is not so in it included.
/// </summary>
internal static class LabCheck
{
    /// <summary>Lines as compilers write them, which editors read. They are the result, so they go to stdout.</summary>
    internal static async Task<ExitCode> RunAsync(LabInvocation invocation, ServerStreams streams)
    {
        var reading = LabLibrary.Read(invocation.Topology!);
        List<TopologyFault> faults = [.. reading.Faults];
        if (reading.IsValid && await ScenarioTrial.FindAsync(reading.Topology, invocation.Topology!) is { } reason)
        {
            faults.Add(new TopologyFault(reading.ScenarioPlace.Line, reading.ScenarioPlace.Column, reason.Message, reason.Hint));
        }

        faults.ForEach(fault => streams.Output.WriteLine($"{TerminalText.Escape(invocation.Topology!)}:{fault}"));
        if (faults.Count == 0)
        {
            streams.Error.WriteLine($"portolan: {TerminalText.Escape(invocation.Topology!)} has no errors");
        }

        return faults.TrueForAll(static fault => fault.IsWarning) ? ExitCode.Success : ExitCode.NothingFound;
    }
}
