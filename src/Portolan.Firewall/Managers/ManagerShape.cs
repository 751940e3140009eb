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
/// <param name="Ports">The ports.</param>
/// <param name="Protocol">Its name, such as <c>tcp</c>.</param>
/// <param name="From">An address or prefix, or <c>null</c> for everywhere.</param>
internal sealed record AllowRequest(PortRange Ports, string Protocol, string? From)
{
    /// <summary>The chain that drops it, where one is known.</summary>
    public RuleChain? Dropping { get; init; }

    /// <summary>Where it goes after translation, for a packet that is forwarded; or <c>null</c>.</summary>
    public string? To { get; init; }

    /// <summary>Whether it is TCP or UDP, which every manager knows.</summary>
    public bool IsUsual => Protocol is "tcp" or "udp";

    /// <summary>The ports in the manager's words.</summary>
    /// <param name="dash">What stands between the first and the last.</param>
    public string PortWords(char dash) => Ports.First == Ports.Last ? Ports.First.ToString() : $"{Ports.First}{dash}{Ports.Last}";
}
