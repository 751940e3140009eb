using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Cli.Changing;

/// <summary>A change that a command asks for.</summary>
internal sealed record RuleChangeRequest
{
    /// <summary>The command's name, such as <c>block</c> or <c>firewall undo</c>.</summary>
    public required string Command { get; init; }

    /// <summary>Makes the plan.</summary>
    public required Func<OwnTable, Ruleset, ChangeContext, ChangePlan> Plan { get; init; }

    /// <summary>How long the change waits for its confirmation.</summary>
    public TimeSpan Within { get; init; } = ChangeOptions.UsualWithin;

    /// <summary>Whether nothing is changed.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether nobody is asked.</summary>
    public bool Yes { get; init; }

    /// <summary>Whether a lock-out is accepted.</summary>
    public bool Force { get; init; }

    /// <summary>Whether connections that exist are ended.</summary>
    public bool Cut { get; init; }

    /// <summary>The rules that were asked for, whether they are new or not.</summary>
    public IReadOnlyList<OwnRule> Wanted { get; init; } = [];

    /// <summary>Whether a manager's own command could do the same, as it can without a time, a rate or an interface.</summary>
    public bool MayUseManager { get; init; }

    /// <summary>What is asked before the change is made, on a terminal or answered with --yes; <c>null</c> when nothing is.</summary>
    public string? Question { get; init; }

    /// <summary>What is behind a rule's words, such as who listens; shown beside new rules. Hostile text.</summary>
    public Func<OwnRule, string?> Remark { get; init; } = static _ => null;

    /// <summary>What nothing to do means, said when the plan is empty.</summary>
    public string Nothing { get; init; } = "nothing to do";
}
