namespace Portolan.Scan.Checking.Expectations;

/// <summary><c>tls=1.3</c>, <c>tls=1.2+</c>: the version of TLS that was agreed on, on the last connection.</summary>
/// <param name="Text">As written.</param>
/// <param name="Versions">Those that are right, such as <c>TLS 1.3</c>.</param>
public sealed record TlsVersionExpectation(string Text, IReadOnlyList<string> Versions) : Expectation(Text)
{
    private static readonly string[] Known = ["1.0", "1.1", "1.2", "1.3"];

    /// <inheritdoc/>
    public override string Subject => "TLS";

    /// <inheritdoc/>
    public override bool AppliesTo(CheckTarget target) => target.Scheme is CheckScheme.Http or CheckScheme.Https or CheckScheme.Tls;

    /// <summary>Reads the value.</summary>
    public static bool TryParse(string text, string value, out TlsVersionExpectation? expectation)
    {
        var first = Array.IndexOf(Known, value.TrimEnd('+'));
        expectation = null;
        if (first < 0)
        {
            return false;
        }

        var versions = value.EndsWith('+') ? Known[first..] : Known[first..(first + 1)];
        expectation = new TlsVersionExpectation(text, [.. versions.Select(v => $"TLS {v}")]);
        return true;
    }

    /// <inheritdoc/>
    public override (bool? Met, string Actual) Judge(CheckReport report) => report.Last<TlsStep>()?.Session is { } session
        ? (Versions.Contains(session.Version), session.Version)
        : (report.Result == StepResult.LocalFailure ? null : false, report.IsReached ? "no TLS was spoken" : report.Summary);
}
