using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Forwarding;

/// <summary>A forward of the kernel that is at work, as its table shows it.</summary>
/// <param name="Forward">What it does.</param>
/// <param name="Rule">The rule that forwards packets, the first of several; while it has no target, the one that would lead there.</param>
public sealed record WorkingForward(KernelForward Forward, RuleReference Rule)
{
    /// <summary>Whether it is for what is sent to an address of this host.</summary>
    /// <param name="address">The address, or <c>null</c> for any.</param>
    public bool IsFor(InternetAddress? address) =>
        address is not { } to || (Forward.Serves(to.IsIPv4) && (Forward.OneAddress is not { } one || one == to));

    /// <summary>Whether packets of a sender are forwarded.</summary>
    public bool Allows(InternetAddress source) => Forward.Sources.Count == 0 || Forward.Sources.Any(s => s.Contains(source));

    /// <summary>Those of all tables of forwards that are at work.</summary>
    /// <param name="rules">The rules.</param>
    public static IReadOnlyList<WorkingForward> All(Ruleset rules) =>
        [.. rules.Tables.Where(ForwardPlanning.IsAtWork).SelectMany(static t => new ForwardTableReader(t).Read())];
}
