namespace Portolan.Scan.Checking.Expectations;

/// <summary><c>reached</c>: all that the scheme asks for, as without any expectation.</summary>
public sealed record ReachedExpectation(string Text) : Expectation(Text)
{
    /// <inheritdoc/>
    public override string Subject => "the whole check";

    /// <inheritdoc/>
    public override bool AppliesTo(CheckTarget target) => true;

    /// <inheritdoc/>
    public override (bool? Met, string Actual) Judge(CheckReport report) =>
        (report.Result == StepResult.LocalFailure ? null : report.IsReached, report.IsReached ? "reached" : report.Summary);
}
