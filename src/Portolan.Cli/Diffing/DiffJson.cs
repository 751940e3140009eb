using System.Text.Json;
using Portolan.Model;
using Portolan.Watch.Changes;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.Diffing;

/// <summary><c>portolan.diff/1</c>, described in <c>docs/schema/portolan.diff-1.json</c>.</summary>
internal static class DiffJson
{
    /// <summary>The schema.</summary>
    public const string Schema = "portolan.diff/1";

    /// <summary>Writes the members of the document.</summary>
    public static void WriteMembers(Utf8JsonWriter json, Comparison comparison, FailOn? failOn, DateTimeOffset now)
    {
        json.WriteString("schema"u8, Schema);
        json.WriteString("comparedAt"u8, now.UtcDateTime);
        WriteSnapshot(json, "a", comparison.A);
        WriteSnapshot(json, "b", comparison.B);
        var coverage = comparison.Coverage;
        json.WriteStartObject("coverage"u8);
        json.WriteNumber("hosts"u8, coverage.Hosts);
        json.WriteNumber("ports"u8, coverage.Ports);
        json.WriteNumber("hostsOnlyInA"u8, coverage.HostsOnlyInA);
        json.WriteNumber("hostsOnlyInB"u8, coverage.HostsOnlyInB);
        json.WriteNumber("openPortsOnlyInA"u8, coverage.OpenOnlyInA);
        json.WriteNumber("openPortsOnlyInB"u8, coverage.OpenOnlyInB);
        json.WriteNumber("undecidedPorts"u8, coverage.Undecided);
        json.WriteEndObject();
        json.WriteStartObject("counts"u8);
        foreach (var kind in ChangeKinds.All)
        {
            json.WriteNumber(kind.Name(), comparison.CountOf(kind));
        }

        json.WriteEndObject();
        json.WriteStartArray("changes"u8);
        foreach (var change in comparison.Changes)
        {
            WriteChange(json, change);
        }

        json.WriteEndArray();
        if (failOn is null)
        {
            json.WriteNull("failed"u8);
        }
        else
        {
            json.WriteBoolean("failed"u8, comparison.Changes.Any(failOn.Matches));
        }
    }

    private static void WriteSnapshot(Utf8JsonWriter json, string name, Snapshot snapshot)
    {
        json.WriteStartObject(name);
        json.WriteString("source"u8, snapshot.Source);
        json.WriteString("format"u8, snapshot.Format);
        WriteTime(json, "takenAt"u8, snapshot.TakenAt);
        json.WriteNumber("hosts"u8, snapshot.Hosts.Count);
        json.WriteBoolean("complete"u8, snapshot.IsComplete);
        json.WriteString("incomplete"u8, snapshot.Incomplete);
        json.WriteBoolean("portsUnknown"u8, snapshot.IsScopeUnknown);
        if (snapshot.MissRateBound is { } bound)
        {
            json.WriteNumber("missRateBound"u8, Math.Round((decimal)bound, 9));
        }
        else
        {
            json.WriteNull("missRateBound"u8);
        }

        json.WriteStartArray("notes"u8);
        foreach (var note in snapshot.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteChange(Utf8JsonWriter json, Change change)
    {
        json.WriteStartObject();
        WriteChangeMembers(json, change);
        json.WriteEndObject();
    }

    /// <summary>Writes the members of a change, which <c>history</c> has too.</summary>
    public static void WriteChangeMembers(Utf8JsonWriter json, Change change)
    {
        json.WriteString("change"u8, change.Kind.Name());
        json.WriteStartObject("host"u8);
        json.WriteString("address"u8, change.Host.Space is null ? change.Host.Address.ToString() : null);
        json.WriteString("name"u8, change.HostName);
        json.WriteString("namespace"u8, string.IsNullOrEmpty(change.Host.Space) ? null : change.Host.Space);
        json.WriteEndObject();
        json.WriteString("protocol"u8, change.Protocol?.Name());
        if (change.Ports.Count == 1)
        {
            json.WriteNumber("port"u8, change.Ports.First.Value);
        }
        else
        {
            json.WriteNull("port"u8);
        }

        json.WriteString("ports"u8, change.Ports.IsEmpty ? null : change.Ports.ToString());
        json.WriteNumber("count"u8, change.Ports.Count);
        json.WriteBoolean("certain"u8, change.IsCertain);
        WriteSide(json, "before", change.Before);
        WriteSide(json, "after", change.After);
        json.WriteBoolean("widened"u8, change.IsWidened);
        if (change.DaysLeft is { } days)
        {
            json.WriteNumber("daysLeft"u8, days);
        }
        else
        {
            json.WriteNull("daysLeft"u8);
        }
    }

    private static void WriteSide(Utf8JsonWriter json, string name, Side side)
    {
        json.WriteStartObject(name);
        json.WriteString("text"u8, side.Text);
        json.WriteString("state"u8, side.State?.Text);
        json.WriteBoolean("silent"u8, side.IsSilent);
        WriteFacts(json, side.Facts);
        json.WriteEndObject();
    }

    /// <summary>Writes the facts of a port as members, which <c>history</c> has too.</summary>
    public static void WriteFacts(Utf8JsonWriter json, Endpoint? facts)
    {
        WriteService(json, facts?.Service);
        WriteCertificate(json, facts?.Certificate);
        json.WriteString("banner"u8, facts?.Banner);
        json.WriteString("owner"u8, facts?.Owner);
        if (facts?.Binds is { } binds)
        {
            json.WriteStartArray("binds"u8);
            foreach (var address in binds.Addresses)
            {
                json.WriteStringValue(address);
            }

            json.WriteEndArray();
        }
        else
        {
            json.WriteNull("binds"u8);
        }

        json.WriteString("exposure"u8, facts?.Reach?.Exposure);
        json.WriteString("rule"u8, facts?.Reach?.Rule);
    }

    private static void WriteService(Utf8JsonWriter json, ServiceFacts? service)
    {
        if (service is null)
        {
            json.WriteNull("service"u8);
            return;
        }

        json.WriteStartObject("service"u8);
        json.WriteString("protocol"u8, service.Name);
        json.WriteString("tunnel"u8, service.Tunnel);
        json.WriteString("product"u8, service.Product);
        json.WriteString("version"u8, service.Version);
        json.WriteString("info"u8, service.Info);
        json.WriteEndObject();
    }

    private static void WriteCertificate(Utf8JsonWriter json, CertificateFacts? certificate)
    {
        if (certificate is null)
        {
            json.WriteNull("certificate"u8);
            return;
        }

        json.WriteStartObject("certificate"u8);
        json.WriteString("subject"u8, certificate.Subject);
        json.WriteString("issuer"u8, certificate.Issuer);
        WriteTime(json, "notBefore"u8, certificate.NotBefore);
        WriteTime(json, "notAfter"u8, certificate.NotAfter);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            json.WriteString(name, known.UtcDateTime);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
