using System.Text.Json;
using Portolan.Cli.Charting;
using Portolan.Cli.Output;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Cli.Ruling;

/// <summary>Writes rules as <c>portolan.rules/1</c> (docs/schema/portolan.rules-1.json).</summary>
internal static class RulesJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.rules/1";

    /// <summary>Writes the document's members but for the braces.</summary>
    public static void Write(Utf8JsonWriter json, Ruleset rules, DateTimeOffset takenAt, string host)
    {
        ProcessJson.WriteHead(json, Schema, takenAt, host, rules.Missing);
        json.WriteStartArray("tables"u8);
        foreach (var table in rules.Tables)
        {
            json.WriteStartObject();
            WriteTable(json, table);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTable(Utf8JsonWriter json, RuleTable table)
    {
        json.WriteString("family"u8, RuleWords.Of(table.Family));
        json.WriteString("name"u8, table.Name);
        json.WriteNumber("handle"u8, table.Handle);
        json.WriteBoolean("legacy"u8, table.IsLegacy);
        json.WriteBoolean("dormant"u8, table.Flags.HasFlag(TableFlags.Dormant));
        json.WriteText("comment"u8, table.Comment);
        json.WriteStartArray("chains"u8);
        foreach (var chain in table.Chains)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, chain.Name);
            json.WriteNumber("handle"u8, chain.Handle);
            WriteHook(json, chain.Hook);
            json.WriteText("comment"u8, chain.Comment);
            json.WriteStartArray("rules"u8);
            foreach (var rule in chain.Rules)
            {
                json.WriteStartObject();
                WriteRule(json, table, rule);
                json.WriteEndObject();
                JsonOutput.FlushIfLarge(json);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteHook(Utf8JsonWriter json, ChainHook? hook)
    {
        if (hook is null)
        {
            json.WriteNull("hook"u8);
            return;
        }

        json.WriteStartObject("hook"u8);
        json.WriteString("point"u8, RuleWords.Of(hook.Point));
        json.WriteNumber("priority"u8, hook.Priority);
        json.WriteString("type"u8, hook.Type);
        json.WriteString("policy"u8, RuleWords.Policy(hook));
        json.WriteStartArray("devices"u8);
        foreach (var device in hook.Devices)
        {
            json.WriteStringValue(device);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRule(Utf8JsonWriter json, RuleTable table, Rule rule)
    {
        json.WriteNumber("handle"u8, rule.Handle);
        json.WriteString("text"u8, RuleText.Of(table, rule));
        json.WriteText("comment"u8, rule.Comment);
        if (rule.Expressions.OfType<CounterExpression>().FirstOrDefault() is { } counter)
        {
            json.WriteStartObject("counter"u8);
            json.WriteNumber("packets"u8, counter.Packets);
            json.WriteNumber("bytes"u8, counter.Bytes);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("counter"u8);
        }
    }
}
