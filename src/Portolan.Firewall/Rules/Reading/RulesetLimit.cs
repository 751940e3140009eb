namespace Portolan.Firewall.Rules.Reading;

/// <summary>How much of a ruleset is read, where another program made it: a few lines may stand for rules without end.</summary>
/// <param name="Rules">Rules of all tables.</param>
/// <param name="Elements">Elements of all sets; of a set of ranges each has two.</param>
public sealed record RulesetLimit(int Rules, int Elements);

/// <summary>There is more than a <see cref="RulesetLimit"/> admits. The channel holds leftovers.</summary>
/// <param name="message">What there is more of, and the limit.</param>
public sealed class RulesetLimitException(string message) : Exception(message);
