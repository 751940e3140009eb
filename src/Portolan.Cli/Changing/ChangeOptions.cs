using System.CommandLine;

namespace Portolan.Cli.Changing;

/// <summary>Options that all commands share that change rules.</summary>
/// <param name="yes">What <c>--yes</c> is good for in this command.</param>
internal sealed class ChangeOptions(string yes)
{
    /// <summary>What <c>--yes</c> is good for in a command that asks each time.</summary>
    public const string AsksAlways = "do not ask for confirmation; required if there is no terminal";

    /// <summary>The same in a command that asks before it ends connections, and only then.</summary>
    public const string AsksBeforeCut = "do not ask for confirmation of --cut; required for --cut if there is no terminal";

    /// <summary>The same in a command that asks before it runs a manager's commands, and only then.</summary>
    public const string AsksBeforeVia = "do not ask for confirmation of --via; required for --via if there is no terminal";

    /// <summary>The same in a command that never asks.</summary>
    public const string AsksNever = "accepted and without effect: this command never asks";

    /// <summary>How long a change waits when nothing else is said.</summary>
    public static readonly TimeSpan UsualWithin = TimeSpan.FromSeconds(60);

    /// <summary>Only what is to be done is shown.</summary>
    public Option<bool> DryRun { get; } =
        new("--dry-run") { Description = "print the nftables rules that would be loaded; change nothing" };

    /// <summary>Nobody is asked.</summary>
    public Option<bool> Yes { get; } = new("--yes", "-y") { Description = yes };

    /// <summary>A lock-out is accepted.</summary>
    public Option<bool> Force { get; } = new("--force") { Description = "make the change even if it would lock out your own session" };

    /// <summary>How long the change waits.</summary>
    public Option<string?> ConfirmWithin { get; } = new("--confirm-within")
    {
        Description = "how long the change waits for portolan firewall confirm before the kernel removes it (default 60s)",
        HelpName = "TIME",
    };

    /// <summary>Reads how long the change waits: 1 second to 1 day.</summary>
    public TimeSpan Within(ParseResult parsed)
    {
        var text = parsed.GetValue(ConfirmWithin);
        return text is null ? UsualWithin : DurationText.Read("--confirm-within", text, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
    }
}
