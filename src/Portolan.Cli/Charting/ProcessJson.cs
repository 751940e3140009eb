using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Charting;

/// <summary>
/// What the documents about ports have in common: the head, owners, binds. Text from outside stays as it is; JSON quotes it.
/// </summary>
internal static class ProcessJson
{
    /// <summary>Writes what every document starts with.</summary>
    public static void WriteHead(
        Utf8JsonWriter json, string schema, DateTimeOffset takenAt, string host, IReadOnlyList<MissingFact> missing)
    {
        WriteName(json, schema, takenAt, host);
        WriteMissing(json, missing);
    }

    /// <summary>Writes the document's schema, time and host.</summary>
    public static void WriteName(Utf8JsonWriter json, string schema, DateTimeOffset takenAt, string host)
    {
        json.WriteString("schema"u8, schema);
        json.WriteString("takenAt"u8, TimeText.Rfc3339(takenAt));
        json.WriteString("host"u8, host);
    }

    /// <summary>Writes <c>complete</c> and <c>missing</c>.</summary>
    public static void WriteMissing(Utf8JsonWriter json, IReadOnlyList<MissingFact> missing)
    {
        json.WriteBoolean("complete"u8, missing.Count == 0);
        WriteFacts(json, missing);
    }

    /// <summary>Writes <c>missing</c>. What a fact is about is its code; its words are for people.</summary>
    public static void WriteFacts(Utf8JsonWriter json, IReadOnlyList<MissingFact> missing)
    {
        json.WriteStartArray("missing"u8);
        foreach (var fact in missing)
        {
            WriteFact(json, fact);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes one fact of <c>missing</c>.</summary>
    public static void WriteFact(Utf8JsonWriter json, MissingFact fact)
    {
        json.WriteStartObject();
        json.WriteString("code"u8, fact.Code.Name());
        json.WriteText("protocol"u8, fact.Protocol?.Name());
        json.WriteText("namespace"u8, fact.Namespace is { IsOwn: false } other ? NamespaceText.Of(other) : null);
        json.WriteString("what"u8, fact.What);
        json.WriteString("why"u8, fact.Why);
        json.WriteEndObject();
    }

    /// <summary>Writes <c>owner</c> (what kind of thing it is) and <c>owners</c> (its processes; <c>null</c> when hidden).</summary>
    public static void WriteOwner(Utf8JsonWriter json, PortOwner owner)
    {
        json.WriteStartObject("owner"u8);
        json.WriteString("kind"u8, KindName(owner.Kind));
        json.WriteText("name"u8, owner.Name.Length == 0 ? null : owner.Name);
        json.WriteText("activatedBy"u8, owner.ActivatedBy);
        json.WriteString("grade"u8, owner.Grade.Name());
        json.WriteBoolean("userUnit"u8, owner.IsUserUnit);
        json.WriteEndObject();
        if (owner.Kind == OwnerKind.Hidden)
        {
            json.WriteNull("owners"u8);
            return;
        }

        json.WriteStartArray("owners"u8);
        foreach (var process in owner.Processes)
        {
            json.WriteStartObject();
            WriteProcess(json, process);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the members of one process.</summary>
    public static void WriteProcess(Utf8JsonWriter json, ProcessInfo process)
    {
        json.WriteNumber("pid"u8, process.Pid);
        json.WriteString("name"u8, process.Name);
        json.WriteText("command"u8, process.CommandLine is { } words ? string.Join(' ', words) : null);
        json.WriteText("startedAt"u8, process.StartedAt is { } time ? TimeText.Rfc3339(time) : null);
        json.WriteText("unit"u8, process.Unit);
        WriteContainer(json, process.Container);
    }

    /// <summary>Writes <c>container</c>, or <c>null</c>.</summary>
    public static void WriteContainer(Utf8JsonWriter json, ContainerInfo? container)
    {
        if (container is null)
        {
            json.WriteNull("container"u8);
            return;
        }

        json.WriteStartObject("container"u8);
        json.WriteString("id"u8, container.Id);
        json.WriteString("runtime"u8, container.Runtime);
        json.WriteText("name"u8, container.Name);
        if (container is { EngineUser: 0, Grade: NameGrade.Claimed })
        {
            // A group that a user may name does not say whose engine made it.
            json.WriteNull("engineUser"u8);
        }
        else
        {
            json.WriteNumber("engineUser"u8, container.EngineUser);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes <c>binds</c>.</summary>
    public static void WriteBinds(Utf8JsonWriter json, IReadOnlyList<PortBind> binds, Func<int, string?> interfaceName)
    {
        json.WriteStartArray("binds"u8);
        foreach (var bind in binds)
        {
            json.WriteStartObject();
            json.WriteString("address"u8, bind.Address.ToString());
            json.WriteString("family"u8, bind.Address.IsIPv4 ? "ipv4" : "ipv6");
            if (bind.DualStack is { } dualStack)
            {
                json.WriteBoolean("dualStack"u8, dualStack);
            }
            else
            {
                json.WriteNull("dualStack"u8);
            }

            json.WriteText(
                "interface"u8, bind.InterfaceIndex == 0 ? null : interfaceName(bind.InterfaceIndex) ?? $"if{bind.InterfaceIndex}");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes text, or <c>null</c> where there is none.</summary>
    public static void WriteText(this Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>Writes a number, or <c>null</c> where it is not known.</summary>
    public static void WriteCount(this Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>The kinds' names in the machine formats.</summary>
    public static string KindName(OwnerKind kind) => kind switch
    {
        OwnerKind.Process => "process",
        OwnerKind.Unit => "unit",
        OwnerKind.Container => "container",
        OwnerKind.SocketActivation => "socket-activation",
        OwnerKind.Kernel => "kernel",
        OwnerKind.Forwarded => "forwarded",
        OwnerKind.Hidden => "hidden",
        _ => "none",
    };
}
