using Portolan.Cli.Changing.Via;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Saving;
using Portolan.Reachability.Cutting;
using Portolan.Reachability.Sessions;

namespace Portolan.Cli.Changing;

/// <summary>What a command did to the rules, or would do.</summary>
internal sealed record ChangeOutcome
{
    /// <summary>The command's name.</summary>
    public required string Command { get; init; }

    /// <summary>The change.</summary>
    public required AppliedChange Applied { get; init; }

    /// <summary>Whether only to show.</summary>
    public bool DryRun { get; init; }

    /// <summary>Where the command was run from.</summary>
    public required CallerSession Session { get; init; }

    /// <summary>How new connections of the caller would fare; empty when there is none to look after.</summary>
    public IReadOnlyList<LockOutCheck> LockOut { get; init; } = [];

    /// <summary>What a person should know. Hostile text.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What a person should worry about. Hostile text.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Connections that were ended, or <c>null</c> when none were to be.</summary>
    public ConnectionCut? Cut { get; init; }

    /// <summary>The managers that <c>--via</c> could have let in what their rules stop.</summary>
    public IReadOnlyCollection<string> Managers { get; init; } = [];

    /// <summary>The commands that were run through a manager, or <c>null</c> where Portolan's own rules were changed.</summary>
    public ViaOutcome? Via { get; init; }

    /// <summary>What became of saving, or <c>null</c> when there was nothing to save yet.</summary>
    public SaveOutcome? Saved { get; init; }

    /// <summary>What is behind a rule's words. Hostile text.</summary>
    public Func<OwnRule, string?> Remark { get; init; } = static _ => null;
}
