using System.Globalization;

namespace Portolan.Scan.Checking.Expectations;

/// <summary>
/// <c>within=500ms</c>, <c>within=2s</c>: the target needed no longer. The wait for a server that waits for its client does not count.
/// </summary>
/// <param name="Text">As written.</param>
/// <param name="Limit">The longest time.</param>
public sealed record WithinExpectation(string Text, TimeSpan Limit) : Expectation(Text)
{
    /// <inheritdoc/>
    public override string Subject => "time";

    /// <inheritdoc/>
    public override bool AppliesTo(CheckTarget target) => true;

    /// <summary>Reads the value.</summary>
    public static bool TryParse(string text, string value, out WithinExpectation? expectation)
    {
        var isTime = DurationText.TryParse(value, out var limit) && limit > TimeSpan.Zero;
        expectation = isTime ? new WithinExpectation(text, limit) : null;
        return isTime;
    }

    /// <inheritdoc/>
    public override (bool? Met, string Actual) Judge(CheckReport report) => report.Result switch
    {
        StepResult.LocalFailure => (null, report.Summary),
        StepResult.Failed => (false, report.Summary),
        _ => JudgeTime(report.Elapsed - SilenceOf(report)),
    };

    private (bool? Met, string Actual) JudgeTime(TimeSpan time) =>
        (time <= Limit, string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"));

    /// <summary>How long a check waited for a greeting that never came: its own patience, and not the server's time.</summary>
    private static TimeSpan SilenceOf(CheckReport report) =>
        report.Last<GreetingStep>() is { Ending: GreetingEnding.Silent, Time: var time } ? time.Elapsed : TimeSpan.Zero;
}
