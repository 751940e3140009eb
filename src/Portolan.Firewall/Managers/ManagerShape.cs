using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers;

/// <summary>A program or habit that makes rules, told by the names of its tables and chains.</summary>
internal abstract class ManagerShape
{
    /// <summary>Its name, such as <c>ufw</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether a chain was made by it.</summary>
    public abstract bool Owns(RuleTable table, RuleChain chain);

    /// <summary>Whether a built-in chain of iptables, which several programs share, follows it where it has chains: its policy is then its own.</summary>
    public virtual bool RulesBuiltIn(RuleChain chain) => false;

    /// <summary>How it lets a port be reached.</summary>
    /// <param name="place">A chain of it that sees packets to local sockets, or its first one.</param>
    /// <param name="request">Which port.</param>
    /// <returns>What to run or to write; <c>null</c> where it has no such command.</returns>
    public abstract string? Allow(ManagedChain place, AllowRequest request);

    /// <summary>Whether an address or prefix is one of IPv6.</summary>
    protected static bool IsIPv6(string address) => address.Contains(':', StringComparison.Ordinal);
}

/// <summary>What is to be allowed.</summary>
/// <param name="Port">The port.</param>
/// <param name="Protocol"><c>tcp</c> or <c>udp</c>.</param>
/// <param name="From">An address or prefix, or <c>null</c> for everywhere.</param>
internal sealed record AllowRequest(ushort Port, string Protocol, string? From);
