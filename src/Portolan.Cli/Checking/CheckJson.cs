using System.Text;
using System.Text.Json;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Formats;

namespace Portolan.Cli.Checking;

/// <summary>Writes checks as <c>portolan.check/1</c>.</summary>
internal static class CheckJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.check/1";

    /// <summary>Writes the members of the document.</summary>
    public static void WriteMembers(Utf8JsonWriter json, DateTimeOffset takenAt, string host, IEnumerable<CheckVerdict> verdicts)
    {
        json.WriteString("schema"u8, Schema);
        json.WriteString("takenAt"u8, TimeText.Rfc3339(takenAt));
        json.WriteString("host"u8, host);
        json.WriteStartArray("checks"u8);
        foreach (var verdict in verdicts)
        {
            WriteVerdict(json, verdict);
        }

        json.WriteEndArray();
    }

    private static void WriteVerdict(Utf8JsonWriter json, CheckVerdict verdict)
    {
        var report = verdict.Report;
        json.WriteStartObject();
        json.WriteString("target"u8, report.Target.Text);
        json.WriteString("startedAt"u8, TimeText.Rfc3339(report.StartedAt));
        WriteMilliseconds(json, "elapsedMilliseconds"u8, report.Elapsed);
        json.WriteBoolean("reached"u8, report.IsReached);
        json.WriteString("result"u8, report.Result.Name());
        json.WriteString("state"u8, report.State.Name());
        json.WriteString("summary"u8, report.Summary);
        IdentifiedJson.Write(json, report.Identified);
        WriteBoolean(json, "passed"u8, verdict.Passed);
        json.WriteStartArray("expectations"u8);
        foreach (var (expectation, met, actual) in verdict.Results)
        {
            json.WriteStartObject();
            json.WriteString("expected"u8, expectation.Text);
            WriteBoolean(json, "met"u8, met);
            json.WriteString("actual"u8, actual);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("hops"u8);
        foreach (var hop in report.Hops)
        {
            WriteHop(json, hop);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteHop(Utf8JsonWriter json, CheckHop hop)
    {
        json.WriteStartObject();
        json.WriteString("url"u8, hop.Target.Url);
        json.WriteString("state"u8, hop.State.Name());
        json.WriteStartArray("steps"u8);
        foreach (var step in hop.Steps)
        {
            json.WriteStartObject();
            json.WriteString("step"u8, step.Kind);
            WriteMilliseconds(json, "atMilliseconds"u8, step.Time.At);
            WriteMilliseconds(json, "elapsedMilliseconds"u8, step.Time.Elapsed);
            json.WriteString("result"u8, step.Result.Name());
            json.WriteString("summary"u8, step.Summary);
            json.WriteString("meaning"u8, step.Meaning);
            WriteFacts(json, step);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFacts(Utf8JsonWriter json, CheckStep step)
    {
        switch (step)
        {
            case NameStep name:
                NameJson.Write(json, name);
                break;
            case QueryStep query:
                NameJson.Write(json, query);
                break;
            case RouteStep route:
                RouteJson.Write(json, route);
                break;
            case ConnectStep connect:
                ConnectJson.Write(json, connect);
                break;
            case DatagramStep datagram:
                DatagramJson.Write(json, datagram);
                break;
            case TlsStep tls:
                TlsJson.Write(json, tls);
                break;
            case HttpStep http:
                HttpJson.Write(json, http);
                break;
            case RedirectStep redirect:
                json.WriteString("location"u8, redirect.Location);
                break;
            case IdentifyStep identify:
                IdentifiedJson.Write(json, identify.Answer);
                break;
            case ServiceStep service:
                json.WriteString("expected"u8, service.Service.Protocol);
                json.WriteString("question"u8, service.Question);
                json.WriteString("outcome"u8, service.Reaction.Name());
                IdentifiedJson.Write(json, service.Identified);
                WriteBytes(json, service.Heard.Span);
                break;
            case GreetingStep greeting:
                json.WriteString("ending"u8, greeting.Ending.Name());
                WriteBytes(json, greeting.Bytes.Span);
                break;
        }
    }

    private static void WriteBoolean(Utf8JsonWriter json, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is { } known)
        {
            json.WriteBoolean(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>Bytes from outside: as text, where a byte that is no UTF-8 shows as U+FFFD, and exactly.</summary>
    public static void WriteBytes(Utf8JsonWriter json, ReadOnlySpan<byte> bytes)
    {
        json.WriteNumber("length"u8, bytes.Length);
        json.WriteString("text"u8, Encoding.UTF8.GetString(bytes));
        json.WriteString("hex"u8, Convert.ToHexStringLower(bytes));
    }

    /// <summary>A duration to the microsecond.</summary>
    public static void WriteMilliseconds(Utf8JsonWriter json, ReadOnlySpan<byte> name, TimeSpan time) =>
        json.WriteNumber(name, Math.Round((decimal)time.Ticks / TimeSpan.TicksPerMillisecond, 3));
}
