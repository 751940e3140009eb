using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers;

/// <summary>Who manages some of the rules.</summary>
public sealed class RuleManager
{
    private readonly ManagerShape _shape;

    internal RuleManager(ManagerShape shape, IReadOnlyList<ManagedChain> chains)
    {
        _shape = shape;
        Chains = chains;
    }

    /// <summary>The name: <c>ufw</c>, <c>firewalld</c>, <c>Docker</c>, <c>Podman</c>, <c>NixOS</c>, <c>kube-proxy</c>, <c>fail2ban</c>, <c>libvirt</c>, <c>Portolan</c>, <c>iptables</c> or <c>nft</c>.</summary>
    public string Name => _shape.Name;

    /// <summary>Which chains are its own.</summary>
    public IReadOnlyList<ManagedChain> Chains { get; }

    /// <summary>The command with which this manager lets a port be reached; <c>null</c> where it has none, as those that publish the ports of containers.</summary>
    /// <param name="port">The port.</param>
    /// <param name="protocol"><c>tcp</c> or <c>udp</c>.</param>
    /// <param name="from">An address or prefix that may reach it, or <c>null</c> for everywhere. It is put into the command as it is: hand in a parsed one.</param>
    /// <param name="decider">The rule or policy that stands in the way, where one is known: the command is then for its chain, or its table's.</param>
    public string? AllowCommand(ushort port, string protocol, string? from, RuleReference? decider = null) =>
        AllowCommand(new PortRange(new PortNumber(port), new PortNumber(port)), protocol, from, decider, null, null);

    /// <summary>The same for a range of ports, where it is known in which base chain the packets end.</summary>
    /// <param name="ports">The ports, as that chain sees them.</param>
    /// <param name="protocol">Such as <c>tcp</c>.</param>
    /// <param name="from">An address or prefix, or <c>null</c> for everywhere.</param>
    /// <param name="decider">The rule or policy that stands in the way.</param>
    /// <param name="ending">The base chain that the rule is asked from; <c>null</c> when not known.</param>
    /// <param name="to">The destination after translation, for forwarded packets; or <c>null</c>.</param>
    public string? AllowCommand(PortRange ports, string protocol, string? from, RuleReference? decider, RuleChain? ending, string? to)
    {
        var request = new AllowRequest(ports, protocol, from) { Dropping = decider?.Chain, To = to };
        if (decider is not null && ending is { Hook: not null })
        {
            return _shape.Allow(new ManagedChain(decider.Table, ending), request);
        }

        var inputs = Chains.Where(c => c.Chain.Hook is { Point: HookPoint.Input } && ReferenceEquals(c.Table, decider?.Table)).ToList();
        var input = inputs.Find(c => ReferenceEquals(c.Chain, decider?.Chain)) ?? inputs.FirstOrDefault() ?? Chains.FirstOrDefault(c => c.Chain.Hook is { Point: HookPoint.Input } && Fits(c.Table.Family, from));
        var place = input ?? Chains.FirstOrDefault(c => Fits(c.Table.Family, from)) ?? Chains[0];
        return _shape.Allow(place, request);
    }

    internal bool Owns(RuleTable table, RuleChain chain) => _shape.Owns(table, chain);

    internal bool RulesBuiltIn(RuleChain chain) => _shape.RulesBuiltIn(chain);

    private static bool Fits(RuleFamily family, string? from) =>
        from is null || family == RuleFamily.Inet || (family == RuleFamily.Ip6) == from.Contains(':', StringComparison.Ordinal);
}

/// <summary>A chain and its table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
public sealed record ManagedChain(RuleTable Table, RuleChain Chain);
