using System.Text.Json;
using Portolan.Scan.Checking;
using Portolan.Scan.Names;

namespace Portolan.Cli.Checking;

/// <summary>What was asked about names and what was answered.</summary>
internal static class NameJson
{
    /// <summary>The lookup of a target's name.</summary>
    public static void Write(Utf8JsonWriter json, NameStep step)
    {
        json.WriteString("name"u8, step.Name);
        json.WriteString("canonicalName"u8, step.Answer.CanonicalName);
        json.WriteStartArray("addresses"u8);
        foreach (var address in step.Answer.Addresses)
        {
            json.WriteStringValue(address.ToString());
        }

        json.WriteEndArray();
        json.WriteStartArray("lookups"u8);
        foreach (var done in step.Answer.Steps)
        {
            json.WriteStartObject();
            Write(json, done);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A check of a DNS server.</summary>
    public static void Write(Utf8JsonWriter json, QueryStep step)
    {
        json.WriteString("name"u8, step.Name);
        json.WriteString("type"u8, DnsTypeWords.Name(step.Type));
        json.WriteStartArray("questions"u8);
        foreach (var (question, pair, _, icmp) in step.Questions)
        {
            json.WriteStartObject();
            Write(json, (LookupStep)question);
            ConnectJson.WritePair(json, "sent"u8, pair);
            ConnectJson.WritePair(json, "replies"u8, pair?.Reverse());
            ConnectJson.WriteIcmp(json, icmp);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, LookupStep step)
    {
        switch (step)
        {
            case HostsFileStep hosts:
                json.WriteString("source"u8, "hosts-file"u8);
                json.WriteString("path"u8, hosts.Path);
                break;
            case SystemStep system:
                json.WriteString("source"u8, "system"u8);
                json.WriteString("why"u8, system.Why);
                json.WriteString("error"u8, system.Error);
                break;
            case DnsStep dns:
                Write(json, dns);
                break;
        }

        CheckJson.WriteMilliseconds(json, "elapsedMilliseconds"u8, step.Elapsed);
    }

    private static void Write(Utf8JsonWriter json, DnsStep step)
    {
        json.WriteString("source"u8, "dns"u8);
        json.WriteString("server"u8, step.Server.ToString());
        json.WriteString("carrier"u8, step.Carrier == DnsCarrier.Udp ? "udp"u8 : "tcp"u8);
        json.WriteString("question"u8, step.Name);
        json.WriteString("type"u8, DnsTypeWords.Name(step.Type));
        json.WriteString("outcome"u8, Name(step.Outcome));
        json.WriteString("detail"u8, step.Describe());
        json.WriteNumber("rejected"u8, step.Rejected);
        if (step.Answer is not { } answer)
        {
            json.WriteNull("answer"u8);
            return;
        }

        json.WriteStartObject("answer"u8);
        json.WriteNumber("code"u8, (int)answer.Code);
        json.WriteBoolean("truncated"u8, answer.IsTruncated);
        json.WriteBoolean("authoritative"u8, answer.IsAuthoritative);
        json.WriteStartArray("records"u8);
        foreach (var record in answer.Records)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, record.Name);
            json.WriteString("type"u8, DnsTypeWords.Name(record.Type));
            json.WriteNumber("timeToLive"u8, record.TimeToLive);
            json.WriteString("data"u8, record.Data);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Name(DnsOutcome outcome) => outcome switch
    {
        DnsOutcome.Answered => "answered",
        DnsOutcome.NoData => "no-data",
        DnsOutcome.NoSuchName => "no-such-name",
        DnsOutcome.Truncated => "truncated",
        DnsOutcome.Failed => "failed",
        DnsOutcome.TimedOut => "timed-out",
        _ => "unreachable",
    };
}
