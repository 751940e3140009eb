using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Reachability.Explaining;

namespace Portolan.Cli.Explaining;

/// <summary>Writes an explanation as <c>portolan.explanation/1</c> (docs/schema/portolan.explanation-1.json).</summary>
internal static class ExplanationJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.explanation/1";

    /// <summary>Writes the document's members but for the braces.</summary>
    public static void Write(
        Utf8JsonWriter json, Explanation explanation, IReadOnlyList<MissingFact> missing, DateTimeOffset takenAt, string host)
    {
        JsonHead.WriteHead(json, Schema, takenAt, host, missing);
        json.WriteString("target"u8, explanation.Target);
        json.WriteText("from"u8, explanation.From);
        json.WriteString("verdict"u8, explanation.Verdict switch
        {
            ReachVerdict.Reachable => "reachable",
            ReachVerdict.Unreachable => "unreachable",
            ReachVerdict.Depends => "depends",
            _ => "unknown",
        });
        json.WriteText("symptom"u8, explanation.Symptom switch
        {
            ClientSymptom.Connects => "connects",
            ClientSymptom.Refused => "refused",
            ClientSymptom.TimesOut => "times-out",
            ClientSymptom.Unreachable => "unreachable",
            ClientSymptom.Delivered => "delivered",
            _ => null,
        });
        json.WriteString("headline"u8, explanation.Headline);
        json.WriteStartArray("steps"u8);
        foreach (var step in explanation.Steps)
        {
            WriteStep(json, step);
        }

        json.WriteEndArray();
        json.WriteText("limit"u8, explanation.Limit);
        json.WriteStartArray("footnotes"u8);
        foreach (var footnote in explanation.Footnotes)
        {
            json.WriteStringValue(footnote);
        }

        json.WriteEndArray();
        json.WriteStartArray("fix"u8);
        foreach (var fix in explanation.Fixes)
        {
            json.WriteStringValue(fix.ToString());
        }

        json.WriteEndArray();
        json.WriteStartArray("close"u8);
        foreach (var way in explanation.Closing)
        {
            json.WriteStringValue(way.ToString());
        }

        json.WriteEndArray();
        json.WriteText("check"u8, explanation.Check?.ToString());
    }

    private static void WriteStep(Utf8JsonWriter json, ExplanationStep step)
    {
        json.WriteStartObject();
        json.WriteString("layer"u8, step.Layer);
        json.WriteString("result"u8, step.Result switch
        {
            StepResult.Ok => "ok",
            StepResult.Fail => "fail",
            StepResult.NotChecked => "not-checked",
            _ => "unknown",
        });
        json.WriteString("detail"u8, step.Detail);
        json.WriteText("rule"u8, step.Rule);
        json.WriteText("ruleText"u8, step.RuleText);
        json.WriteText("proof"u8, step.IsProved switch { true => "proved", false => "depends", null => null });
        json.WriteStartArray("more"u8);
        foreach (var line in step.More)
        {
            json.WriteStringValue(line);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
