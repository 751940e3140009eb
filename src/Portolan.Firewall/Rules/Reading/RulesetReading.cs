using System.Diagnostics.CodeAnalysis;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>How reading the rules ended.</summary>
public enum RulesetAccess
{
    /// <summary>They were read; what is not in them says <see cref="Ruleset.Missing"/>.</summary>
    Read,

    /// <summary>
    /// The kernel shows rules only to processes with CAP_NET_ADMIN in the user namespace of the network namespace (EPERM).
    /// </summary>
    NotPermitted,
}

/// <summary>The rules, or that they may not be read.</summary>
/// <param name="Access">How it ended.</param>
/// <param name="Ruleset">The rules; <c>null</c> when they may not be read, which is not the same as none.</param>
public sealed record RulesetReading(RulesetAccess Access, Ruleset? Ruleset)
{
    /// <summary>Rules may not be read.</summary>
    public static RulesetReading NotPermitted { get; } = new(RulesetAccess.NotPermitted, null);

    /// <summary>Whether there are rules to judge.</summary>
    [MemberNotNullWhen(true, nameof(Ruleset))]
    public bool IsRead => Ruleset is not null;

    /// <summary>The rules.</summary>
    /// <exception cref="PortolanException">They may not be read; the hint says what to run.</exception>
    public Ruleset Require() => Ruleset ?? throw new PortolanException(
        "reading the firewall's rules requires CAP_NET_ADMIN",
        $"run it as root, e.g. with sudo",
        ExitCode.NoPrivilege);
}
