using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>A chain whose rules are made ready when it is first entered.</summary>
internal sealed class CompiledChain(RuleTable table, RuleChain chain, Func<CompiledChain, CompiledRule[]> compile)
{
    private CompiledRule[]? _rules;
    private Dictionary<int, RuleRun>? _runs;
    private PortIndex? _ports;

    public RuleTable Table { get; } = table;

    public RuleChain Chain { get; } = chain;

    /// <summary>Whether rules name it and it could not be read.</summary>
    public bool IsMissing { get; init; }

    /// <summary>Its policy.</summary>
    public RuleReference Policy { get; } = new(table, chain, null);

    /// <summary>The rules that packets of this family and protocol may match.</summary>
    public CompiledRule[] Rules => _rules ?? MakeReady();

    /// <summary>The places of the rules that packets to one port may match; <c>null</c> to look at every rule.</summary>
    public int[]? PlacesFor(ulong port)
    {
        _ = Rules;
        return _ports?.PlacesFor(port);
    }

    /// <summary>The rules from a place on that are one test of the same field each, or <c>null</c>.</summary>
    public RuleRun? RunAt(int place) => _runs?.GetValueOrDefault(place);

    private CompiledRule[] MakeReady()
    {
        var rules = compile(this);
        (_runs, _ports) = (RuleRun.Find(rules), PortIndex.Of(rules));
        return _rules = rules;
    }
}
