using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Saving;
using Portolan.Model;
using Portolan.Reachability.Sessions;

namespace Portolan.Cli.Changing;

/// <summary>Writes a change as <c>portolan.change/1</c> (docs/schema/portolan.change-1.json).</summary>
internal static class ChangeJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.change/1";

    /// <summary>Writes the document's members but for the braces.</summary>
    public static void Write(Utf8JsonWriter json, ChangeOutcome outcome, DateTimeOffset takenAt, string host)
    {
        var plan = outcome.Applied.Change.Plan;
        json.WriteString("schema"u8, Schema);
        json.WriteString("takenAt"u8, TimeText.Rfc3339(takenAt));
        json.WriteString("host"u8, host);
        json.WriteString("command"u8, outcome.Command);
        json.WriteBoolean("dryRun"u8, outcome.DryRun);
        json.WriteBoolean("applied"u8, outcome.Applied.IsApplied);
        if (plan.Change is { } change)
        {
            WriteChange(json, "change"u8, change, takenAt);
        }
        else
        {
            json.WriteNull("change"u8);
        }

        WriteChanges(json, "confirmed"u8, plan.Confirmed, takenAt);
        WriteChanges(json, "discarded"u8, plan.Discarded, takenAt);
        WriteChanges(json, "expired"u8, outcome.Applied.Expired, takenAt);
        WriteRules(json, "lost"u8, outcome.Applied.Lost, static _ => null);
        WriteRules(json, "added"u8, plan.Added, outcome.Remark);
        WriteRules(json, "removed"u8, plan.Removed, outcome.Remark);
        WriteRules(json, "rules"u8, plan.After.Rules, outcome.Remark);
        WriteTexts(json, "notes"u8, [.. plan.Notes, .. outcome.Notes]);
        WriteTexts(json, "warnings"u8, outcome.Warnings);
        WriteTexts(json, "managers"u8, [.. outcome.Managers]);
        WriteVia(json, outcome);
        WriteSession(json, outcome);
        WriteCut(json, outcome);
        WriteSaved(json, outcome.Saved);
        json.WriteString("text"u8, outcome.Applied.Change.Text);
    }

    /// <summary>Writes the history of changes, newest first.</summary>
    public static void WriteHistory(
        Utf8JsonWriter json, string command, OwnState state, IReadOnlyList<OwnChange> expired, DateTimeOffset takenAt, string host)
    {
        json.WriteString("schema"u8, Schema);
        json.WriteString("takenAt"u8, TimeText.Rfc3339(takenAt));
        json.WriteString("host"u8, host);
        json.WriteString("command"u8, command);
        WriteChanges(json, "expired"u8, expired, takenAt);
        WriteChanges(json, "history"u8, [.. state.Changes.Reverse()], takenAt);
        WriteRules(json, "rules"u8, state.Rules, static _ => null);
    }

    private static void WriteChanges(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<OwnChange> changes, DateTimeOffset takenAt)
    {
        json.WriteStartArray(name);
        foreach (var change in changes)
        {
            json.WriteStartObject();
            WriteMembers(json, change, takenAt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteChange(Utf8JsonWriter json, ReadOnlySpan<byte> name, OwnChange change, DateTimeOffset takenAt)
    {
        json.WriteStartObject(name);
        WriteMembers(json, change, takenAt);
        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, OwnChange change, DateTimeOffset takenAt)
    {
        json.WriteNumber("number"u8, change.Number);
        json.WriteString("words"u8, change.Words);
        json.WriteString("by"u8, change.By);
        json.WriteString("at"u8, TimeText.Rfc3339(change.At));
        json.WriteBoolean("pending"u8, change.IsPending);
        json.WriteText("until"u8, change.IsPending ? TimeText.Rfc3339(takenAt + (change.Remaining ?? change.Timeout!.Value)) : null);
        json.WriteStartArray("undoes"u8);
        foreach (var number in change.Undoes)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static void WriteRules(
        Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<OwnRule> rules, Func<OwnRule, string?> remark)
    {
        json.WriteStartArray(name);
        foreach (var rule in rules)
        {
            json.WriteStartObject();
            json.WriteNumber("number"u8, rule.Number);
            json.WriteString("action"u8, rule.Action.Word());
            json.WriteString("words"u8, rule.Words);
            WriteTexts(json, "protocols"u8, [.. rule.Scope.Protocols.Select(p => p.Name())]);
            json.WriteString("ports"u8, rule.Scope.Ports.ToString());
            json.WriteText("from"u8, rule.Scope.From.IsAny ? null : rule.Scope.From.ToString());
            json.WriteText("to"u8, rule.Scope.To.IsAny ? null : rule.Scope.To.ToString());
            json.WriteText("interface"u8, rule.Scope.Interface);
            json.WriteText("rate"u8, rule.Rate?.ToString());
            json.WriteText("rateOf"u8, rule.Rate is not { } rate ? null : rate.IsShared ? "all-senders" : "each-sender");
            json.WriteText("uncounted"u8, rule.Uncounted.IsAny ? null : rule.Uncounted.ToString());
            WriteSeconds(json, "endsInSeconds"u8, rule.Remaining ?? rule.Timeout);
            WriteSeconds(json, "pausedForSeconds"u8, rule.PausedFor);
            json.WriteText("remark"u8, remark(rule));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSession(Utf8JsonWriter json, ChangeOutcome outcome)
    {
        json.WriteStartObject("session"u8);
        json.WriteString("kind"u8, outcome.Session.Origin.Kind switch
        {
            ChangeOriginKind.Network => "network",
            ChangeOriginKind.Console => "console",
            _ => "unknown",
        });
        json.WriteText("program"u8, outcome.Session.Program);
        json.WriteStartArray("lockOut"u8);
        foreach (var check in outcome.LockOut)
        {
            json.WriteStartObject();
            json.WriteString("from"u8, check.Connection.RemoteAddress.ToString());
            json.WriteString("to"u8, check.Connection.LocalAddress.ToString());
            json.WriteNumber("port"u8, check.Connection.LocalPort);
            json.WriteString("fate"u8, check.Fate switch
            {
                LockOutFate.Allowed => "allowed",
                LockOutFate.Limited => "limited",
                LockOutFate.Unknown => "unknown",
                LockOutFate.OthersRefuse => "refused-by-others",
                _ => "locked-out",
            });
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteVia(Utf8JsonWriter json, ChangeOutcome outcome)
    {
        if (outcome.Via is not { } via)
        {
            json.WriteNull("via"u8);
            return;
        }

        json.WriteStartObject("via"u8);
        json.WriteString("manager"u8, via.Manager);
        json.WriteString("program"u8, via.Program);
        json.WriteStartArray("commands"u8);
        foreach (var command in via.Plan.Commands)
        {
            json.WriteStartObject();
            json.WriteString("command"u8, command.Text);
            json.WriteString("takenBackBy"u8, Advice.Words(command.Reversal).ToString());
            json.WriteString("result"u8, command switch
            {
                { IsFailed: true } => "failed",
                { IsRun: true } => "done",
                _ => "not-run",
            });
            if (command.ExitCode is { } code)
            {
                json.WriteNumber("exitCode"u8, code);
            }
            else
            {
                json.WriteNull("exitCode"u8);
            }

            json.WriteText("output"u8, command.Output);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("ports"u8);
        foreach (var (before, after) in via.Plan.Before.Zip(via.After))
        {
            json.WriteStartObject();
            json.WriteString("ports"u8, before.Scope);
            json.WriteString("family"u8, before.IsIPv4 ? "ipv4" : "ipv6");
            json.WriteString("before"u8, Code(before.Reach));
            json.WriteText("beforeBy"u8, before.By);
            json.WriteString("after"u8, Code(after.Reach));
            json.WriteText("afterBy"u8, after.By);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        static string Code(AllowReach reach) => reach switch
        {
            AllowReach.Open => "open",
            AllowReach.Partly => "partly",
            AllowReach.Closed => "closed",
            _ => "unknown",
        };
    }

    private static void WriteCut(Utf8JsonWriter json, ChangeOutcome outcome)
    {
        if (outcome.Cut is not { } cut)
        {
            json.WriteNull("cut"u8);
            return;
        }

        json.WriteStartObject("cut"u8);
        json.WriteNumber("sockets"u8, cut.Sockets);
        json.WriteNumber("tracked"u8, cut.Tracked);
        json.WriteNumber("kept"u8, cut.Kept);
        json.WriteStartArray("connections"u8);
        foreach (var ended in cut.Ended)
        {
            json.WriteStartObject();
            json.WriteString("protocol"u8, ended.Protocol.Name());
            json.WriteString("remoteAddress"u8, ended.Remote.ToString());
            json.WriteNumber("remotePort"u8, ended.RemotePort);
            json.WriteString("localAddress"u8, ended.Local.ToString());
            json.WriteNumber("localPort"u8, ended.LocalPort);
            json.WriteString("how"u8, ended.IsSocket ? "reset" : "forgotten");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteTexts(json, "problems"u8, cut.Problems);
        json.WriteEndObject();
    }

    private static void WriteSaved(Utf8JsonWriter json, SaveOutcome? saved)
    {
        if (saved is null)
        {
            json.WriteNull("saved"u8);
            return;
        }

        json.WriteStartObject("saved"u8);
        json.WriteString("result"u8, saved.Result switch
        {
            SaveResult.Nothing => "nothing",
            SaveResult.Saved => "saved",
            SaveResult.FileOnly => "file-only",
            SaveResult.Removed => "removed",
            SaveResult.NotSaved => "not-saved",
            _ => "failed",
        });
        json.WriteString("file"u8, saved.FilePath);
        json.WriteText("why"u8, saved.Why);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteSeconds(Utf8JsonWriter json, ReadOnlySpan<byte> name, TimeSpan? time)
    {
        if (time is { } value)
        {
            json.WriteNumber(name, Math.Round(value.TotalSeconds, 3));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
