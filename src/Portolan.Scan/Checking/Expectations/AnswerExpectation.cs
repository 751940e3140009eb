namespace Portolan.Scan.Checking.Expectations;

/// <summary><c>answer=192.0.2.1</c>: one of the records that a DNS server answered with has that data.</summary>
/// <param name="Text">As written.</param>
/// <param name="Data">The data as text; case does not count.</param>
public sealed record AnswerExpectation(string Text, string Data) : Expectation(Text)
{
    /// <inheritdoc/>
    public override string Subject => "DNS";

    /// <inheritdoc/>
    public override bool AppliesTo(CheckTarget target) => target.Scheme == CheckScheme.Dns;

    /// <inheritdoc/>
    public override (bool? Met, string Actual) Judge(CheckReport report)
    {
        if (report.Last<QueryStep>() is not { Last: not null } query)
        {
            return (report.Result == StepResult.LocalFailure ? null : false, report.Summary);
        }

        var data = new List<string>();
        foreach (var record in query.Records)
        {
            if (record.Data.AsSpan().TrimEnd('.').Equals(Data.AsSpan().TrimEnd('.'), StringComparison.OrdinalIgnoreCase))
            {
                return (true, record.Data);
            }

            data.Add(record.Data);
        }

        return (query.Result == StepResult.LocalFailure ? null : false, data.Count == 0 ? report.Summary : string.Join(", ", data));
    }
}
