using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>A chain whose rules are made ready when it is first entered.</summary>
internal sealed class CompiledChain(RuleTable table, RuleChain chain, Func<CompiledChain, CompiledRule[]> compile)
{
    private CompiledRule[]? _rules;
    private Dictionary<int, RuleRun>? _runs;
    private PortIndex? _destinationPorts;
    private PortIndex? _sourcePorts;

    public RuleTable Table { get; } = table;

    public RuleChain Chain { get; } = chain;

    /// <summary>Whether rules name it and it could not be read.</summary>
    public bool IsMissing { get; init; }

    /// <summary>Its policy.</summary>
    public RuleReference Policy { get; } = new(table, chain, null);

    /// <summary>The rules that packets of this family and protocol may match.</summary>
    public CompiledRule[] Rules => _rules ?? MakeReady();

    /// <summary>The index of its rules by the port that packets go to, or come from; <c>null</c> where none pays.</summary>
    public PortIndex? PortsOf(PacketField field)
    {
        _ = Rules;
        return field == PacketField.SourcePort ? _sourcePorts : _destinationPorts;
    }

    /// <summary>The rules from a place on that are one test of the same field each, or <c>null</c>.</summary>
    public RuleRun? RunAt(int place) => _runs?.GetValueOrDefault(place);

    private CompiledRule[] MakeReady()
    {
        var rules = compile(this);
        _runs = RuleRun.Find(rules);
        (_destinationPorts, _sourcePorts) = (PortIndex.Of(rules, PacketField.DestinationPort), PortIndex.Of(rules, PacketField.SourcePort));
        return _rules = rules;
    }
}
