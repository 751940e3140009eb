using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Reviewing;
using Portolan.Firewall.Rules;

namespace Portolan.Cli.Ruling;

/// <summary>Writes rules as <c>portolan.rules/1</c> (docs/schema/portolan.rules-1.json).</summary>
internal static class RulesJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.rules/1";

    /// <summary>Writes the document's members but for the braces.</summary>
    public static void Write(Utf8JsonWriter json, RuleReview review, DateTimeOffset takenAt, string host)
    {
        JsonHead.WriteHead(json, Schema, takenAt, host, [.. review.Ruleset.Missing, .. review.LeftOut]);
        WriteManagers(json, review);
        var byChain = review.Rules.ToLookup(r => r.Chain, ReferenceEqualityComparer.Instance as IEqualityComparer<RuleChain>);
        json.WriteStartArray("tables"u8);
        foreach (var table in review.Ruleset.Tables)
        {
            json.WriteStartObject();
            WriteTable(json, table, byChain);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTable(Utf8JsonWriter json, RuleTable table, ILookup<RuleChain, ReviewedRule> rules)
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
            WriteDefault(json, table, chain, rules);
            json.WriteText("comment"u8, chain.Comment);
            json.WriteStartArray("rules"u8);
            foreach (var rule in rules[chain])
            {
                json.WriteStartObject();
                WriteRule(json, rule);
                json.WriteEndObject();
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

    /// <summary>What becomes of packets that no rule with a condition decides on.</summary>
    private static void WriteDefault(Utf8JsonWriter json, RuleTable table, RuleChain chain, ILookup<RuleChain, ReviewedRule> rules)
    {
        if (chain.Hook is not { } hook)
        {
            json.WriteNull("default"u8);
            return;
        }

        var found = ChainDefault.Of(table, chain);
        json.WriteStartObject("default"u8);
        json.WriteString(
            "does"u8,
            found.Rule is { } rule
                ? rules[found.Chain].FirstOrDefault(r => ReferenceEquals(r.Rule, rule))?.Says ?? ""
                : RuleWords.Policy(hook));
        json.WriteString("chain"u8, found.Chain.Name);
        if (found.Rule is { Handle: var handle })
        {
            json.WriteNumber("handle"u8, handle);
        }
        else
        {
            json.WriteNull("handle"u8);
        }

        json.WriteEndObject();
    }

    private static void WriteManagers(Utf8JsonWriter json, RuleReview review)
    {
        json.WriteStartArray("managers"u8);
        foreach (var manager in review.Managers.All)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, manager.Name);
            json.WriteStartArray("chains"u8);
            foreach (var (table, chain) in manager.Chains)
            {
                json.WriteStartObject();
                json.WriteString("family"u8, RuleWords.Of(table.Family));
                json.WriteString("table"u8, table.Name);
                json.WriteString("chain"u8, chain.Name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePorts(Utf8JsonWriter json, ReviewedRule rule)
    {
        json.WriteStartArray("ports"u8);
        foreach (var port in rule.Ports)
        {
            json.WriteStartObject();
            json.WriteText("protocol"u8, port.Protocol is { } protocol ? PortRulesTable.Protocol(protocol) : null);
            json.WriteNumber("first"u8, port.First);
            json.WriteNumber("last"u8, port.Last);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteText("says"u8, rule.Says.Length > 0 ? rule.Says : null);
        json.WriteStartArray("from"u8);
        foreach (var from in rule.From)
        {
            json.WriteStringValue(from);
        }

        json.WriteEndArray();
        json.WriteStartArray("conditions"u8);
        foreach (var condition in rule.Conditions)
        {
            json.WriteStringValue(condition);
        }

        json.WriteEndArray();
    }

    private static void WriteOwn(Utf8JsonWriter json, OwnRuleStatus? own)
    {
        if (own is null)
        {
            json.WriteNull("own"u8);
            return;
        }

        json.WriteStartObject("own"u8);
        json.WriteString("state"u8, own.State switch
        {
            OwnRuleState.On => "on",
            OwnRuleState.Pending => "pending",
            OwnRuleState.Paused => "paused",
            _ => "ended",
        });
        if (own.Left is { } left)
        {
            json.WriteNumber("secondsLeft"u8, (long)Math.Ceiling(left.TotalSeconds));
        }
        else
        {
            json.WriteNull("secondsLeft"u8);
        }

        if (own.Change is { } change)
        {
            json.WriteNumber("change"u8, change);
        }
        else
        {
            json.WriteNull("change"u8);
        }

        json.WriteEndObject();
    }

    private static void WriteRule(Utf8JsonWriter json, ReviewedRule rule)
    {
        json.WriteNumber("handle"u8, rule.Rule.Handle);
        json.WriteString("text"u8, rule.Text);
        json.WriteText("comment"u8, rule.Rule.Comment);
        WritePorts(json, rule);
        json.WriteText("manager"u8, rule.Manager?.Name);
        if (rule.ShadowedBy is { } before)
        {
            json.WriteNumber("shadowedBy"u8, before.Handle);
        }
        else
        {
            json.WriteNull("shadowedBy"u8);
        }

        WriteOwn(json, rule.Own);
        if (rule.Counter is { } counter)
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
