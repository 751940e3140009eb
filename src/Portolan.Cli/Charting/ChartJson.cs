using System.Text.Json;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>Writes the chart as <c>portolan.chart/1</c> (docs/schema/portolan.chart-1.json).</summary>
internal static class ChartJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.chart/1";

    /// <summary>Writes the document's members but for the braces.</summary>
    public static void Write(
        Utf8JsonWriter json, ChartModel chart, MachineFacts facts, IReadOnlyList<MissingFact> missing, DateTimeOffset takenAt, string host)
    {
        ProcessJson.WriteHead(json, Schema, takenAt, host, missing);
        json.WriteStartArray("ports"u8);
        foreach (var row in chart.Rows)
        {
            json.WriteStartObject();
            WriteRow(json, row, facts);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("clientSockets"u8, chart.ClientSockets);
        if (facts.UnseenNamespaces is { } unseen)
        {
            json.WriteNumber("unseenNamespaces"u8, unseen);
        }
        else
        {
            json.WriteNull("unseenNamespaces"u8);
        }

        json.WriteStartArray("warnings"u8);
        foreach (var warning in chart.Warnings)
        {
            json.WriteStartObject();
            json.WriteString("code"u8, warning.Code);
            json.WriteString("text"u8, warning.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteList(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteRow(Utf8JsonWriter json, ChartRow row, MachineFacts facts)
    {
        json.WriteNumber("port"u8, row.Port.Value);
        json.WriteString("protocol"u8, row.Protocol.Name());
        ProcessJson.WriteBinds(json, row.Binds, index => facts.Snapshot.Interfaces.Find(row.NamespaceIndex, index));
        ProcessJson.WriteOwner(json, row.Owner);
        json.WriteText("service"u8, row.Service);
        ServiceWords.Write(json, row.Running);
        json.WriteText("serviceState"u8, row.Inquiry?.State);
        json.WriteText("serviceReason"u8, row.Inquiry?.Reason);
        json.WriteText("reply"u8, row.Inquiry?.Reply);
        json.WriteString("exposure"u8, row.Exposure.Name());
        json.WriteStartObject("verdict"u8);
        json.WriteString("decision"u8, row.Verdict.Decision.Name());
        json.WriteString("proof"u8, row.Verdict.Proof.Name());
        WriteList(json, "from"u8, row.Verdict.From);
        WriteList(json, "partly"u8, row.Verdict.Partly);
        json.WriteText("partlyHow"u8, row.Verdict.PartlyHow);
        WriteList(json, "undecided"u8, row.Verdict.Undecided);
        json.WriteBoolean("isCut"u8, row.Verdict.IsCut);
        json.WriteText("limit"u8, row.Verdict.Limit);
        WriteList(json, "exceptions"u8, row.Verdict.Exceptions);
        json.WriteText("rule"u8, row.Verdict.Rule);
        json.WriteText("summary"u8, row.Verdict.Summary.Length > 0 ? row.Verdict.Summary : null);
        json.WriteEndObject();
        json.WriteNumber("connections"u8, row.Connections);
        json.WriteCount("bytesIn"u8, row.BytesIn);
        json.WriteCount("bytesOut"u8, row.BytesOut);
        json.WriteText("namespace"u8, row.IsOwnNamespace ? null : NamespaceText.Of(facts.Snapshot.Namespaces[row.NamespaceIndex]));
        ForwardFacts.WriteOne(json, row.Forward);
        json.WriteStartArray("notes"u8);
        foreach (var note in row.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
    }
}
