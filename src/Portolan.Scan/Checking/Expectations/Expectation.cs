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
