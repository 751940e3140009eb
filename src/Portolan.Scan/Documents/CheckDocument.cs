using System.Text.Json.Serialization;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Scan.Documents;

/// <summary>
/// Checks as <c>portolan.check/1</c> (docs/schema/portolan.check-1.json). What peers, names and certificates said is hostile text.
/// </summary>
/// <param name="TakenAt">When the checks began, RFC 3339.</param>
/// <param name="Host">The machine that checked.</param>
/// <param name="Checks">The checks, made when they are written.</param>
public sealed record CheckDocument(string TakenAt, string Host, IEnumerable<CheckRecord> Checks)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.check/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>Checks.</summary>
    /// <param name="verdicts">What they came to.</param>
    /// <param name="takenAt">When they began.</param>
    /// <param name="host">The machine that checked.</param>
    public static CheckDocument Of(IEnumerable<CheckVerdict> verdicts, DateTimeOffset takenAt, string host) =>
        new(TimeText.Rfc3339(takenAt), host, verdicts.Select(CheckRecord.Of));
}

/// <summary>The check of one target.</summary>
/// <param name="Target">What was checked, as it was written.</param>
/// <param name="StartedAt">When, RFC 3339.</param>
/// <param name="ElapsedMilliseconds">How long all of it took, but for the question what the port is.</param>
/// <param name="Reached">Whether everything that the scheme asks for was reached.</param>
/// <param name="Result">What the check came to: see <see cref="StepResultNames"/>.</param>
/// <param name="State">The state of the target's own port.</param>
/// <param name="Summary">What the check came to, in one line.</param>
/// <param name="Identified">What answered at the end; <c>null</c> where its bytes do not say.</param>
/// <param name="Passed">Whether all expectations are met; <c>null</c> when this host could not find out.</param>
/// <param name="Expectations">What each came to.</param>
/// <param name="Hops">The target, then what it redirected to.</param>
public sealed record CheckRecord(
    string Target, string StartedAt, decimal ElapsedMilliseconds, bool Reached, string Result, string State, string Summary,
    IdentifiedRecord? Identified, bool? Passed, IEnumerable<ExpectationRecord> Expectations, IEnumerable<CheckHopRecord> Hops)
{
    /// <summary>A check as documents have it.</summary>
    public static CheckRecord Of(CheckVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        var report = verdict.Report;
        return new CheckRecord(
            report.Target.Text, TimeText.Rfc3339(report.StartedAt), Milliseconds.Of(report.Elapsed), report.IsReached,
            report.Result.Name(), report.State.Name(), report.Summary, IdentifiedRecord.Of(report.Identified), verdict.Passed,
            verdict.Results.Select(static result => new ExpectationRecord(result.Expectation.Text, result.Met, result.Actual)),
            report.Hops.Select(CheckHopRecord.Of));
    }
}

/// <summary>What an expectation came to.</summary>
/// <param name="Expected">As it was written.</param>
/// <param name="Met">Whether it is met; <c>null</c> when this host could not find out.</param>
/// <param name="Actual">What was found.</param>
public sealed record ExpectationRecord(string Expected, bool? Met, string Actual);

/// <summary>One connection of a check, or the attempt at one.</summary>
/// <param name="Url">Where it went.</param>
/// <param name="State">What its steps say about the port.</param>
/// <param name="Steps">In the order in which they were done.</param>
public sealed record CheckHopRecord(string Url, string State, IEnumerable<CheckStepRecord> Steps)
{
    /// <summary>A hop as documents have it.</summary>
    public static CheckHopRecord Of(CheckHop hop)
    {
        ArgumentNullException.ThrowIfNull(hop);
        return new CheckHopRecord(hop.Target.Url, hop.State.Name(), hop.Steps.Select(CheckStepRecord.Of));
    }
}
