using System.Globalization;

namespace Portolan.Scan.Checking.Expectations;

/// <summary>
/// <c>status=200</c>, <c>status=2xx</c>, <c>status=200,404</c>: the status of the last answer, whose body came to its end.
/// </summary>
/// <param name="Text">As written.</param>
/// <param name="Allowed">Ranges of codes, both ends included.</param>
public sealed record StatusExpectation(string Text, IReadOnlyList<(int First, int Last)> Allowed) : Expectation(Text)
{
    /// <inheritdoc/>
    public override string Subject => "HTTP";

    /// <inheritdoc/>
    public override bool AppliesTo(CheckTarget target) => target.Scheme is CheckScheme.Http or CheckScheme.Https;

    /// <summary>Reads the value.</summary>
    public static bool TryParse(string text, string value, out StatusExpectation? expectation)
    {
        var allowed = new List<(int, int)>();
        expectation = null;
        foreach (var part in value.Split(','))
        {
            if (part is [>= '1' and <= '5' and var first, 'x' or 'X', 'x' or 'X'])
            {
                allowed.Add(((first - '0') * 100, ((first - '0') * 100) + 99));
            }
            else if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 100 and <= 599)
            {
                allowed.Add((code, code));
            }
            else
            {
                return false;
            }
        }

        expectation = new StatusExpectation(text, allowed);
        return true;
    }

    /// <inheritdoc/>
    public override (bool? Met, string Actual) Judge(CheckReport report)
    {
        if (report.Hops[^1].Find<HttpStep>()?.Response is not { } answer)
        {
            return (report.Result == StepResult.LocalFailure ? null : false, report.Summary);
        }

        foreach (var (first, last) in Allowed)
        {
            if (answer.Status >= first && answer.Status <= last)
            {
                // curl calls it an error too, whatever the status.
                return answer.IsWhole ? (true, Status(answer)) : (false, $"{Status(answer)}, {HttpWords.Size(answer)}");
            }
        }

        return (false, Status(answer));
    }

    private static string Status(HttpAnswer answer) => string.Create(CultureInfo.InvariantCulture, $"status {answer.Status}");
}
