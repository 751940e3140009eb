using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers;

/// <summary>Who manages some of the rules.</summary>
public sealed class RuleManager
{
    private readonly FirewallManager _shape;

    internal RuleManager(FirewallManager shape, IReadOnlyList<ManagedChain> chains)
    {
        _shape = shape;
        Chains = chains;
    }

    /// <summary>
    /// The name: <c>ufw</c>, <c>firewalld</c>, <c>Docker</c>, <c>Podman</c>, <c>NixOS</c>, <c>kube-proxy</c>, <c>fail2ban</c>,
    /// <c>libvirt</c>, <c>Portolan</c>, <c>iptables</c> or <c>nft</c>.
    /// </summary>
    public string Name => _shape.Name;

    /// <summary>Which chains are its own.</summary>
    public IReadOnlyList<ManagedChain> Chains { get; }

    /// <summary>Whether its rules are what a person writes with a tool, and belong to no program.</summary>
    public bool IsHabit => _shape is Shapes.NftShape or Shapes.IptablesShape;

    /// <summary>Whether its rules are those of <c>allow</c>, <c>block</c> and <c>forward</c>.</summary>
    public bool IsPortolan => _shape is Shapes.PortolanShape;

    /// <summary>Whether it bans senders and does nothing else.</summary>
    public bool IsBanner => _shape is Shapes.Fail2banShape;

    /// <summary>
    /// The ways in which this manager lets packets in, the best first; none where it has no command for that, as those that publish the
    /// ports of containers.
    /// </summary>
    /// <param name="request">The packets and what stops them.</param>
    internal IEnumerable<Opening> Allow(AllowRequest request) => _shape.Allow(request);

    internal bool Owns(RuleTable table, RuleChain chain) => _shape.Owns(table, chain);

    internal bool RulesBuiltIn(RuleChain chain) => _shape.RulesBuiltIn(chain);
}

/// <summary>A chain and its table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
public sealed record ManagedChain(RuleTable Table, RuleChain Chain);
