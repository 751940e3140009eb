using System.Globalization;

namespace Portolan.Scan.Checking.Expectations;

/// <summary><c>tls-days=14+</c>: every certificate seen is valid for so many more days.</summary>
/// <param name="Text">As written.</param>
/// <param name="Days">The least.</param>
public sealed record TlsDaysExpectation(string Text, int Days) : Expectation(Text)
{
    private const int MostDays = 36_500;

    /// <inheritdoc/>
    public override string Subject => "TLS";

    /// <inheritdoc/>
    public override bool AppliesTo(CheckTarget target) => target.Scheme is CheckScheme.Http or CheckScheme.Https or CheckScheme.Tls;

    /// <summary>Reads the value.</summary>
    public static bool TryParse(string text, string value, out TlsDaysExpectation? expectation)
    {
        var isNumber = int.TryParse(value.AsSpan().TrimEnd('+'), NumberStyles.None, CultureInfo.InvariantCulture, out var days)
            && days <= MostDays;
        expectation = isNumber ? new TlsDaysExpectation(text, days) : null;
        return isNumber;
    }

    /// <inheritdoc/>
    public override (bool? Met, string Actual) Judge(CheckReport report)
    {
        int? least = null;
        foreach (var hop in report.Hops)
        {
            if (hop.Find<TlsStep>()?.DaysLeft is { } days)
            {
                least = least is { } known && known < days ? known : days;
            }
        }

        return least switch
        {
            null => (report.Result == StepResult.LocalFailure ? null : false, report.IsReached ? "no TLS was spoken" : report.Summary),
            < 0 => (false, $"expired, {Count(-least.Value)} ago"),
            var days => (days >= Days, $"{Count(days.Value)} left"),
        };
    }

    private static string Count(int days) => days == 1 ? "1 day" : string.Create(CultureInfo.InvariantCulture, $"{days} days");
}
