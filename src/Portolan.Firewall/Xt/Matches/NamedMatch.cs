namespace Portolan.Firewall.Xt.Matches;

/// <summary>A match that is known by its name, and not by its parameters: whether it matches is not decided here.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="Nature">What it depends on.</param>
public sealed record NamedMatch(string Name, MatchNature Nature) : XtMatch;

/// <summary>What a match depends on.</summary>
public enum MatchNature
{
    /// <summary>How many packets came before: a rate or a count.</summary>
    Rate,

    /// <summary>Which packets came before.</summary>
    History,

    /// <summary>Chance.</summary>
    Chance,

    /// <summary>The time.</summary>
    Time,

    /// <summary>Bytes of the packet.</summary>
    Content,

    /// <summary>Something of this host, such as a control group, a socket or a route.</summary>
    Host,
}
