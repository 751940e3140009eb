using System.CommandLine;
using Portolan.Reachability.Judging;

namespace Portolan.Cli.Charting;

/// <summary>The option <c>--judge-time</c>: how long judging may take.</summary>
internal static class JudgeTime
{
    private const string Name = "--judge-time";

    internal static Option<string?> Option() => new(Name)
    {
        Description =
            $"what is not evaluated in this time is reported as unknown; 0 for no limit (default "
                + $"{DurationText.Format(EvaluationBudget.Usual)})",
        HelpName = "TIME",
    };

    /// <summary>The time; <c>null</c> for no limit.</summary>
    internal static TimeSpan? Parse(string? text) => text is null ? EvaluationBudget.Usual
        : DurationText.Read(Name, text, TimeSpan.Zero, DurationText.Longest) is var time && time > TimeSpan.Zero ? time : null;
}
