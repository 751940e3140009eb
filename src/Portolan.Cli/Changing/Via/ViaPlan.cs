using Portolan.Firewall.Rules;

namespace Portolan.Cli.Changing.Via;

/// <summary>What a manager is to be told, and what that changes.</summary>
internal sealed class ViaPlan
{
    /// <summary>Its commands, each once.</summary>
    public List<ViaCommand> Commands { get; } = [];

    /// <summary>The rules with what the commands add.</summary>
    public required Ruleset After { get; set; }

    /// <summary>What is decided now.</summary>
    public required IReadOnlyList<ViaRow> Before { get; init; }

    /// <summary>Whether all that is asked for is let in without any command.</summary>
    public bool IsOpen => Before.Count > 0 && Before.All(static r => r.Reach == AllowReach.Open);
}

/// <summary>A command of a manager.</summary>
/// <param name="Words">Its words.</param>
/// <param name="Reversal">The command that takes it back.</param>
internal sealed record ViaCommand(IReadOnlyList<string> Words, IReadOnlyList<string> Reversal)
{
    /// <summary>As a line that can be pasted.</summary>
    public string Text => Advice.Words(Words).ToString();

    /// <summary>Its exit code; <c>null</c> before it was run, and where it could not be started or did not end.</summary>
    public int? ExitCode { get; set; }

    /// <summary>What it said, or why it could not be run, on one line; <c>null</c> before it was run. Hostile text.</summary>
    public string? Output { get; set; }

    /// <summary>Whether it was tried.</summary>
    public bool IsRun => Output is not null;

    /// <summary>Whether it was tried and failed.</summary>
    public bool IsFailed => IsRun && ExitCode != 0;
}

/// <summary>What becomes of the packets of one protocol and family.</summary>
/// <param name="Scope">The ports and senders, such as <c>8080/tcp from 192.0.2.1</c>.</param>
/// <param name="IsIPv4">The family.</param>
/// <param name="Reach">Whether they get in.</param>
/// <param name="By">Who stops them or what it depends on: a manager, or a rule; <c>null</c> for nothing known. Hostile text.</param>
internal sealed record ViaRow(string Scope, bool IsIPv4, AllowReach Reach, string? By);

/// <summary>The commands that a manager ran, and what is true now.</summary>
/// <param name="Manager">Its name.</param>
/// <param name="Program">The path of its program.</param>
/// <param name="Plan">What was planned.</param>
/// <param name="After">What is decided then; of a dry run, what would be.</param>
internal sealed record ViaOutcome(string Manager, string Program, ViaPlan Plan, IReadOnlyList<ViaRow> After);
