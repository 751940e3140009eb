using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>What one query is judged with.</summary>
/// <param name="Program">The rules, made ready.</param>
/// <param name="Hooks">The base chains.</param>
/// <param name="Routes">The routes.</param>
/// <param name="Input">Routing of what comes in.</param>
/// <param name="Budget">How much work it may be.</param>
internal sealed record FlowRun(ProgramCompiler Program, HookMap Hooks, RouteMap Routes, InputRouting Input, JudgeBudget Budget)
{
    public JudgeContext Context => Program.Context;

    public HostFacts Host => Program.Context.Host;

    /// <summary>Runs chains; holds buffers.</summary>
    public ChainRunner Runner { get; } = new(Budget);

    /// <summary>Ways through base chains, one object for each.</summary>
    public TrailMap Trails { get; } = new();

    /// <summary>Which interfaces go with which addresses.</summary>
    public required CouplingBook Couplings { get; init; }

    /// <summary>Packets at the end of their way.</summary>
    public List<Terminal> Ends { get; init; } = [];

    /// <summary>Adds what packets come to where tables run the other way round.</summary>
    public void AddTurned(List<Terminal> ends)
    {
        var question = ChainOrder.Question;
        foreach (var (state, fate) in ends)
        {
            Ends.Add(new Terminal(state.Ask(question), fate));
        }
    }

    /// <summary>The same with a list of its own.</summary>
    public FlowRun Apart() => this with { Ends = [] };
}
