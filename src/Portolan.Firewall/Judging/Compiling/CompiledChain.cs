using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>A chain whose rules are made ready when it is first entered.</summary>
internal sealed class CompiledChain(RuleTable table, RuleChain chain, Func<CompiledChain, CompiledRule[]> compile)
{
    private CompiledRule[]? _rules;

    public RuleTable Table { get; } = table;

    public RuleChain Chain { get; } = chain;

    /// <summary>Whether rules name it and it could not be read.</summary>
    public bool IsMissing { get; init; }

    /// <summary>Its policy.</summary>
    public RuleReference Policy { get; } = new(table, chain, null);

    /// <summary>The rules that packets of this family and protocol may match.</summary>
    public CompiledRule[] Rules => _rules ??= compile(this);
}
