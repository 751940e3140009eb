using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Explaining;

namespace Portolan.Reachability.Documents;

/// <summary>
/// Whether a port can be reached, as <c>portolan.explanation/1</c> (docs/schema/portolan.explanation-1.json). Its texts may hold names of
/// chains, programs and interfaces: hostile text.
/// </summary>
/// <param name="TakenAt">When the machine was read, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Missing">What is.</param>
/// <param name="Target">What was asked about.</param>
/// <param name="From">The senders asked about, as they were named; <c>null</c> for all.</param>
/// <param name="Verdict">The answer: see <see cref="ReachNames"/>.</param>
/// <param name="Symptom">What the client sees: see <see cref="ReachNames"/>; <c>null</c> when that is not decided.</param>
/// <param name="Headline">The answer in one sentence.</param>
/// <param name="Steps">The layers in the order packets meet them.</param>
/// <param name="Limit">The limit within which the answer holds, or <c>null</c>.</param>
/// <param name="Footnotes">What does not change the answer.</param>
/// <param name="Fix">What to run or change, in this order.</param>
/// <param name="Close">What closes the port; each is one way.</param>
/// <param name="Check">The command that checks the fix, or <c>null</c>.</param>
public sealed record ExplanationDocument(
    string TakenAt, string Host, bool Complete, IReadOnlyList<MissingFactRecord> Missing, string Target, string? From, string Verdict,
    string? Symptom, string Headline, IEnumerable<ExplanationStepRecord> Steps, string? Limit, IReadOnlyList<string> Footnotes,
    IEnumerable<string> Fix, IEnumerable<string> Close, string? Check)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.explanation/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>An answer of <see cref="PortExplainer"/>.</summary>
    /// <param name="found">The answer.</param>
    /// <param name="takenAt">When.</param>
    /// <param name="host">The machine.</param>
    public static ExplanationDocument Of(PortExplanation found, DateTimeOffset takenAt, string host)
    {
        ArgumentNullException.ThrowIfNull(found);
        var (explanation, missing) = found;
        return new ExplanationDocument(
            TimeText.Rfc3339(takenAt), host, missing.Count == 0, MissingFactRecord.Of(missing), explanation.Target, explanation.From,
            explanation.Verdict.Name(), explanation.Symptom?.Name(), explanation.Headline,
            explanation.Steps.Select(ExplanationStepRecord.Of), explanation.Limit, explanation.Footnotes,
            explanation.Fixes.Select(static fix => fix.ToString()), explanation.Closing.Select(static way => way.ToString()),
            explanation.Check?.ToString());
    }
}

/// <summary>One layer.</summary>
/// <param name="Layer">Its name, stable between versions.</param>
/// <param name="Result">What it does: see <see cref="ReachNames"/>.</param>
/// <param name="Detail">One line. Hostile text.</param>
/// <param name="Rule">The rule that decides, or <c>null</c>. Hostile text.</param>
/// <param name="RuleText">Its text, or <c>null</c>. Hostile text.</param>
/// <param name="Proof"><c>proved</c> or <c>depends</c>; <c>null</c> where no rules are judged.</param>
/// <param name="More">Further lines. Hostile text.</param>
public sealed record ExplanationStepRecord(
    string Layer, string Result, string Detail, string? Rule, string? RuleText, string? Proof, IReadOnlyList<string> More)
{
    /// <summary>A layer as documents have it.</summary>
    public static ExplanationStepRecord Of(ExplanationStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return new ExplanationStepRecord(
            step.Layer, step.Result.Name(), step.Detail, step.Rule, step.RuleText,
            step.IsProved switch { true => "proved", false => "depends", null => null }, step.More);
    }
}
