namespace Portolan.Scan.Checking.Expectations;

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
