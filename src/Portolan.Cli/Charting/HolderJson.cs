using System.Text.Json;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;

namespace Portolan.Cli.Charting;

/// <summary>Writes who holds a port as <c>portolan.holder/1</c> (docs/schema/portolan.holder-1.json).</summary>
internal static class HolderJson
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.holder/1";

    /// <summary>Writes the document's members but for the braces.</summary>
    public static void Write(
        Utf8JsonWriter json, PortReport report, MachineFacts facts, IReadOnlyList<PortForward>? forwards,
        IReadOnlyList<MissingFact> missing, DateTimeOffset takenAt, string host, Func<uint, string?> userName, PackageFiles packages,
        Func<PortHolder, RunningService?, Origin> originOf, IReadOnlyDictionary<TransportProtocol, ChartRow> reach)
    {
        ProcessJson.WriteHead(json, Schema, takenAt, host, missing);
        json.WriteNumber("port"u8, report.Port.Value);
        json.WriteBoolean("held"u8, report.IsHeld);
        json.WriteStartArray("holders"u8);
        foreach (var holder in report.Holders)
        {
            json.WriteStartObject();
            WriteHolder(json, holder, facts, userName, packages);
            OriginJson.Write(json, originOf(holder, RunningOf(holder, facts)));
            WriteReach(json, holder.Kind == HoldKind.Listening ? reach.GetValueOrDefault(holder.Protocol) : null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("binds"u8);
        foreach (var outlook in report.Outlooks)
        {
            WriteOutlook(json, outlook);
        }

        json.WriteEndArray();
        json.WriteCount("nearestFree"u8, report.NearestFree?.Value);
        ForwardFacts.Write(json, forwards);
    }

    /// <summary>Writes the members of one holder.</summary>
    public static void WriteHolder(
        Utf8JsonWriter json, PortHolder holder, MachineFacts facts, Func<uint, string?> userName, PackageFiles? packages = null)
    {
        json.WriteString("protocol"u8, holder.Protocol.Name());
        json.WriteString("use"u8, holder.Kind switch
        {
            HoldKind.Listening => "listening",
            HoldKind.Bound => "bound",
            HoldKind.Forwarded => "forwarded",
            _ => "connected",
        });
        json.WriteText("service"u8, facts.ServiceName(holder.Protocol, holder.Port));
        ServiceWords.Write(json, RunningOf(holder, facts));
        WritePackage(json, holder, packages);
        ProcessJson.WriteBinds(json, holder.Binds, index => facts.Snapshot.Interfaces.Find(holder.NamespaceIndex, index));
        json.WriteNumber("connections"u8, holder.Connections);
        ProcessJson.WriteOwner(json, holder.Owner);
        ProcessJson.WriteContainer(json, holder.Owner.Container);
        if (holder.Owner.UserId is { } user)
        {
            json.WriteStartObject("user"u8);
            json.WriteNumber("id"u8, user);
            json.WriteText("name"u8, userName(user));
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("user"u8);
        }

        json.WriteText("workingDirectory"u8, holder.Owner.Main?.WorkingDirectory);
        json.WriteText("executable"u8, holder.Owner.Main?.ExecutablePath);
        json.WriteStartArray("ancestors"u8);
        foreach (var ancestor in holder.Ancestry.Skip(1))
        {
            json.WriteStartObject();
            ProcessJson.WriteProcess(json, ancestor);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>What a holder serves: it is known of what listens or waits, not of clients.</summary>
    public static RunningService? RunningOf(PortHolder holder, MachineFacts facts) =>
        holder.Kind is HoldKind.Listening or HoldKind.Forwarded ? facts.RunningOn(holder.Owner, holder.Protocol, holder.Port) : null;

    private static void WriteReach(Utf8JsonWriter json, ChartRow? row)
    {
        if (row is null)
        {
            json.WriteNull("reach"u8);
            return;
        }

        json.WriteStartObject("reach"u8);
        json.WriteString("exposure"u8, row.Exposure.Name());
        json.WriteText("summary"u8, row.Verdict.Summary.Length > 0 ? row.Verdict.Summary : null);
        json.WriteEndObject();
    }

    private static void WritePackage(Utf8JsonWriter json, PortHolder holder, PackageFiles? packages)
    {
        if (holder.Owner.Main?.ExecutablePath is not { } path || packages?.Search(path) is not { } package)
        {
            json.WriteNull("package"u8);
            return;
        }

        json.WriteStartObject("package"u8);
        json.WriteString("name"u8, package);
        json.WriteText("version"u8, packages.VersionOf(package));
        json.WriteEndObject();
    }

    private static void WriteOutlook(Utf8JsonWriter json, BindOutlook outlook)
    {
        json.WriteStartObject();
        json.WriteString("protocol"u8, outlook.Protocol.Name());
        json.WriteBoolean("free"u8, outlook.IsFree);
        json.WriteStartArray("trials"u8);
        foreach (var trial in outlook.Trials)
        {
            json.WriteStartObject();
            json.WriteString("address"u8, trial.Attempt.Address.ToString());
            json.WriteBoolean("works"u8, trial.Works);
            json.WriteText("error"u8, trial.Works ? null : HolderText.ErrorName(trial.Errno));
            json.WriteBoolean("worksWithReuseAddress"u8, trial.ErrnoWithReuse == 0);
            json.WriteBoolean("worksWithReusePort"u8, trial.Works || trial.Shared is not null);
            json.WriteCount("reusePortUser"u8, trial.Shared?.User);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("reasons"u8);
        foreach (var reason in outlook.Reasons)
        {
            json.WriteStartObject();
            json.WriteString("code"u8, reason.Code);
            json.WriteBoolean("obstacle"u8, reason.IsObstacle);
            json.WriteString("text"u8, reason.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
