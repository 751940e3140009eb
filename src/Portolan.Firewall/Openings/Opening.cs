using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Openings;

/// <summary>A way to let packets in: what a person runs or writes, and what it does to the rules.</summary>
/// <param name="Commands">The commands, each a list of words; without <c>sudo</c>. Of a configuration, its lines.</param>
/// <param name="Rules">The rules that are then there besides.</param>
public sealed record Opening(IReadOnlyList<IReadOnlyList<string>> Commands, IReadOnlyList<PlacedRule> Rules)
{
    /// <summary>
    /// The commands that take it back, one for each; empty where the commands are not those of the manager itself, which keeps what it
    /// allows.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<string>> Reversals { get; init; } = [];

    /// <summary>What is fed to the command, or <c>null</c>. Then there is one command.</summary>
    public string? Input { get; init; }

    /// <summary>Whether it is a line of the system's configuration, and no command.</summary>
    public bool IsConfiguration { get; init; }

    /// <summary>Whether the rule goes when the program that manages the chain makes its rules again.</summary>
    public string? LastsUntil { get; init; }

    /// <summary>The ruleset with it.</summary>
    public Ruleset Of(Ruleset rules) => Rules.Aggregate(rules, static (all, placed) => placed.Place.With(all, placed.Rule));

    /// <summary>The commands as one line, safe to paste.</summary>
    /// <param name="withSudo">Whether each command begins with <c>sudo</c>.</param>
    public Advice Text(bool withSudo = true)
    {
        if (IsConfiguration)
        {
            return Advice.Join(" ", Commands.Select(static c => Advice.Prose(string.Join(' ', c))));
        }

        var commands = Advice.Join(" && ", Commands.Select(c => Advice.Words(withSudo ? ["sudo", .. c] : c)));
        return Input is { } input ? Advice.Of($"printf %s {input} | {commands}") : commands;
    }
}

/// <summary>A rule and where it stands.</summary>
/// <param name="Place">The place.</param>
/// <param name="Rule">The rule.</param>
public sealed record PlacedRule(RulePlace Place, Rule Rule);
