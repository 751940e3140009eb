using Portolan.Scan.Checking.Expectations;

namespace Portolan.Scan.Checking;

/// <summary>A target and what its check must show.</summary>
/// <param name="Target">What is checked.</param>
/// <param name="Expectations">What it must show; empty when it must only be reached.</param>
public sealed record CheckOrder(CheckTarget Target, IReadOnlyList<Expectation> Expectations)
{
    /// <summary>Judges a report of that target.</summary>
    public CheckVerdict Judge(CheckReport report)
    {
        var results = new List<ExpectationResult>(Expectations.Count);
        foreach (var expectation in Expectations)
        {
            var (met, actual) = expectation.Judge(report);
            results.Add(new ExpectationResult(expectation, met, actual));
        }

        return new CheckVerdict(report, results);
    }
}

/// <summary>A report and what it comes to.</summary>
/// <param name="Report">What was found.</param>
/// <param name="Results">Each expectation; empty when there were none.</param>
public sealed record CheckVerdict(CheckReport Report, IReadOnlyList<ExpectationResult> Results)
{
    /// <summary>
    /// Whether all expectations are met, or without any, whether the target was reached; <c>null</c> when this host could not find out.
    /// </summary>
    public bool? Passed
    {
        get
        {
            if (Results.Count == 0)
            {
                return Report.Result == StepResult.LocalFailure ? null : Report.IsReached;
            }

            bool? passed = true;
            foreach (var result in Results)
            {
                // What is known to be wrong is wrong, whatever else could not be found out.
                passed = result.Met == false ? false : result.Met is null && passed == true ? null : passed;
            }

            return passed;
        }
    }
}
