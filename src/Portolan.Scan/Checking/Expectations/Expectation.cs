namespace Portolan.Scan.Checking.Expectations;

/// <summary>One thing a check must show, such as <c>status=200</c>.</summary>
/// <param name="Text">As the person wrote it.</param>
public abstract record Expectation(string Text)
{
    /// <summary>What it is about, for the message when a target cannot meet it: completes "'tls-days=14' is about ".</summary>
    public abstract string Subject { get; }

    /// <summary>Whether a target can meet it at all.</summary>
    public abstract bool AppliesTo(CheckTarget target);

    /// <summary>Looks at what a check found.</summary>
    /// <returns>Whether it is met and what was found in its place; <c>null</c> for <c>Met</c> when this host could not find out.</returns>
    public abstract (bool? Met, string Actual) Judge(CheckReport report);
}

/// <summary>What an expectation came to.</summary>
/// <param name="Expectation">The expectation.</param>
/// <param name="Met">Whether it is met; <c>null</c> when this host could not find out.</param>
/// <param name="Actual">What was found; may hold text from outside.</param>
public sealed record ExpectationResult(Expectation Expectation, bool? Met, string Actual);

/// <summary><c>greeting=SSH-2.0</c>: the server's greeting holds that text.</summary>
/// <param name="Text">As written.</param>
/// <param name="Part">The text, compared byte by byte as UTF-8.</param>
public sealed record GreetingExpectation(string Text, string Part) : Expectation(Text)
{
    /// <inheritdoc/>
    public override string Subject => "the greeting of a TCP port";

    /// <inheritdoc/>
    public override bool AppliesTo(CheckTarget target) =>
        target.Scheme is CheckScheme.Tcp or CheckScheme.Tls && target.Service is null or { Greeting: not null };

    /// <inheritdoc/>
    public override (bool? Met, string Actual) Judge(CheckReport report) => report.Last<GreetingStep>() is { } greeting
        ? (greeting.Bytes.Span.IndexOf(System.Text.Encoding.UTF8.GetBytes(Part)) >= 0,
            greeting.Bytes.IsEmpty ? "no greeting" : TlsFailure.Quote(greeting.Bytes.Span))
        : (report.Result == StepResult.LocalFailure ? null : false, report.Summary);
}

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
