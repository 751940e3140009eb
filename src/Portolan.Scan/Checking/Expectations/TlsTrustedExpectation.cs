namespace Portolan.Scan.Checking.Expectations;

/// <summary><c>tls-trusted</c>: every certificate chain seen is trusted for its name.</summary>
public sealed record TlsTrustedExpectation(string Text) : Expectation(Text)
{
    /// <inheritdoc/>
    public override string Subject => "TLS";

    /// <inheritdoc/>
    public override bool AppliesTo(CheckTarget target) => target.Scheme is CheckScheme.Http or CheckScheme.Https or CheckScheme.Tls;

    /// <inheritdoc/>
    public override (bool? Met, string Actual) Judge(CheckReport report)
    {
        var seen = false;
        foreach (var hop in report.Hops)
        {
            if (hop.Find<TlsStep>() is { } tls)
            {
                seen = true;
                if (!tls.IsTrusted)
                {
                    return (false, tls.Summary);
                }
            }
        }

        return seen
            ? (true, "trusted")
            : (report.Result == StepResult.LocalFailure ? null : false, report.IsReached ? "no TLS was spoken" : report.Summary);
    }
}
