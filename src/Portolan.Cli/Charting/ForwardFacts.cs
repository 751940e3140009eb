using System.Text.Json;
using Portolan.Model;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>Writes ports that the kernel forwards, as several documents have them.</summary>
internal static class ForwardFacts
{
    /// <summary>Writes <c>forwards</c>; <c>null</c> where the firewall rules could not be read.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<PortForward>? forwards)
    {
        if (forwards is null)
        {
            json.WriteNull("forwards"u8);
            return;
        }

        json.WriteStartArray("forwards"u8);
        foreach (var forward in forwards)
        {
            json.WriteStartObject();
            json.WriteString("protocol"u8, forward.Protocol.Name());
            json.WriteNumber("port"u8, forward.Port.Value);
            WriteMembers(json, forward);
            json.WriteStartArray("owners"u8);
            foreach (var process in forward.Processes)
            {
                json.WriteStartObject();
                ProcessJson.WriteProcess(json, process);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes <c>forward</c>, or <c>null</c>: where the packets of a row go.</summary>
    public static void WriteOne(Utf8JsonWriter json, PortForward? forward)
    {
        if (forward is null)
        {
            json.WriteNull("forward"u8);
            return;
        }

        json.WriteStartObject("forward"u8);
        WriteMembers(json, forward);
        json.WriteEndObject();
    }

    /// <summary>Who holds it, in a sentence: <c>portolan 4242</c>. Not escaped.</summary>
    public static string Holder(
        PortForward forward) =>
            forward.Processes is [var process, ..]
                ? $"{process.ShownName}{(process.Name.Length > 0 ? $" {process.Pid}" : "")}"
                : "a process that cannot be seen from here";

    private static void WriteMembers(Utf8JsonWriter json, PortForward forward)
    {
        json.WriteText("address"u8, forward.Address?.ToString());
        json.WriteStartArray("families"u8);
        if (forward.TakesIPv4)
        {
            json.WriteStringValue("ipv4"u8);
        }

        if (forward.TakesIPv6)
        {
            json.WriteStringValue("ipv6"u8);
        }

        json.WriteEndArray();
        json.WriteStartArray("targets"u8);
        foreach (var target in forward.Targets)
        {
            json.WriteStringValue(target);
        }

        json.WriteEndArray();
        json.WriteStartArray("allow"u8);
        foreach (var source in forward.Sources)
        {
            json.WriteStringValue(source.ToMachineText());
        }

        json.WriteEndArray();
        json.WriteBoolean("partial"u8, forward.IsPartial);
        if (forward.KeepsSource is { } keepsSource)
        {
            json.WriteBoolean("keepSource"u8, keepsSource);
        }
        else
        {
            json.WriteNull("keepSource"u8);
        }

        json.WriteString("by"u8, forward.IsOfPortolan ? "portolan-forward"u8 : "rules"u8);
        json.WriteString("rule"u8, forward.Rule);
    }
}
