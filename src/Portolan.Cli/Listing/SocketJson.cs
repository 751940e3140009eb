using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>Writes sockets as <c>portolan.sockets/1</c> (docs/schema/portolan.sockets-1.json). Streams: a row is never kept.</summary>
internal sealed class SocketJson(SocketFacts facts)
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.sockets/1";

    /// <summary>Writes the document's members but for the braces.</summary>
    public void WriteDocument(Utf8JsonWriter json, Rows rows, DateTimeOffset takenAt, string host, IReadOnlyList<MissingFact> missing)
    {
        WriteHead(json, takenAt, host);
        json.WriteBoolean("complete"u8, missing.Count == 0);
        json.WriteStartArray("missing"u8);
        foreach (var fact in missing)
        {
            json.WriteStartObject();
            json.WriteString("what"u8, fact.What);
            json.WriteString("why"u8, fact.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("sockets"u8);
        for (var row = 0; row < rows.Count; row++)
        {
            json.WriteStartObject();
            WriteSocket(json, facts.Sockets[rows[row]]);
            json.WriteEndObject();
            JsonOutput.FlushIfLarge(json);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes what every document and stream of this format starts with.</summary>
    public static void WriteHead(Utf8JsonWriter json, DateTimeOffset takenAt, string host)
    {
        json.WriteString("schema"u8, Schema);
        json.WriteString("takenAt"u8, TimeText.Rfc3339(takenAt));
        json.WriteString("host"u8, host);
    }

    /// <summary>Writes the members of one socket.</summary>
    public void WriteSocket(Utf8JsonWriter json, in SocketEntry entry)
    {
        var hasAddress = ColumnCatalog.HasAddress(entry);
        json.WriteString("protocol"u8, entry.Protocol.Name());
        WriteOptional(json, "family"u8, hasAddress ? entry.IsIPv6 ? "ipv6" : "ipv4" : null);
        if (ColumnCatalog.DualStack(entry) is { } isDualStack)
        {
            json.WriteBoolean("dualStack"u8, isDualStack);
        }
        else
        {
            json.WriteNull("dualStack"u8);
        }

        if (hasAddress)
        {
            WriteEnd(json, "local"u8, entry.LocalAddress, entry.LocalPort, facts.Interface(entry).Text);
        }
        else
        {
            json.WriteNull("local"u8);
        }

        if (hasAddress && entry.HasRemote)
        {
            json.WriteStartObject("remote"u8);
            WriteAddress(json, entry.RemoteAddress);
            json.WriteNumber("port"u8, entry.RemotePort);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("remote"u8);
        }

        json.WriteString("state"u8, entry.State.Name());
        json.WriteNumber("receiveQueue"u8, entry.ReceiveQueue);
        json.WriteNumber("sendQueue"u8, entry.SendQueue);
        WriteOptional(json, "service"u8, hasAddress ? facts.Service(entry).Text : null);
        WriteUser(json, entry);
        WriteNumberOrNull(json, "inode"u8, entry.Inode, entry.Inode != 0);
        WriteCookie(json, entry.Cookie);
        WriteOptional(json, "namespace"u8, facts.Namespace(entry).Text);
        WriteOwners(json, entry);
        WriteBytes(json, entry);
        WriteOfKind(json, entry);
    }

    private static void WriteOptional(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
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

    private static void WriteNumberOrNull(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong value, bool isKnown)
    {
        if (isKnown)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteEnd(Utf8JsonWriter json, ReadOnlySpan<byte> name, InternetAddress address, ushort port, string? interfaceName)
    {
        json.WriteStartObject(name);
        WriteAddress(json, address);
        json.WriteNumber("port"u8, port);
        WriteOptional(json, "interface"u8, interfaceName);
        json.WriteEndObject();
    }

    private static void WriteAddress(Utf8JsonWriter json, InternetAddress address)
    {
        Span<byte> text = stackalloc byte[InternetAddress.MaxTextLength];
        address.TryFormat(text, out var written, default, provider: null);
        json.WriteString("address"u8, text[..written]);
    }

    private static void WriteCookie(Utf8JsonWriter json, ulong cookie)
    {
        if (cookie == 0)
        {
            json.WriteNull("cookie"u8);
            return;
        }

        Span<byte> text = stackalloc byte[16];
        cookie.TryFormat(text, out var written, "x", provider: null);
        json.WriteString("cookie"u8, text[..written]);
    }

    private void WriteUser(Utf8JsonWriter json, in SocketEntry entry)
    {
        if (!entry.HasUser)
        {
            json.WriteNull("user"u8);
            return;
        }

        json.WriteStartObject("user"u8);
        json.WriteNumber("id"u8, entry.UserId);
        WriteOptional(json, "name"u8, facts.User(entry.UserId).Text);
        json.WriteEndObject();
    }

    private void WriteOwners(Utf8JsonWriter json, in SocketEntry entry)
    {
        // Hidden owners are not "none": null, and the document's "missing" says why.
        if (facts.Owners is null || facts.IsOwnerHidden(entry))
        {
            json.WriteNull("owners"u8);
            return;
        }

        json.WriteStartArray("owners"u8);
        foreach (var pid in facts.Pids(entry))
        {
            WriteOwner(json, facts.Owner(pid));
        }

        json.WriteEndArray();
    }

    private static void WriteOwner(Utf8JsonWriter json, OwnerFacts owner)
    {
        var process = owner.Process;
        json.WriteStartObject();
        json.WriteNumber("pid"u8, owner.Pid);
        WriteOptional(json, "name"u8, process?.Name);
        WriteOptional(json, "command"u8, owner.Command.Text);
        WriteOptional(json, "startedAt"u8, process?.StartedAt is { } time ? TimeText.Rfc3339(time) : null);
        WriteOptional(json, "unit"u8, process?.Unit);
        if (process?.Container is { } container)
        {
            json.WriteStartObject("container"u8);
            json.WriteString("id"u8, container.Id);
            json.WriteString("runtime"u8, container.Runtime);
            WriteOptional(json, "name"u8, container.Name);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("container"u8);
        }

        json.WriteEndObject();
    }

    private void WriteBytes(Utf8JsonWriter json, in SocketEntry entry)
    {
        var isKnown = entry.TcpDetailsIndex >= 0;
        var details = isKnown ? facts.Sockets.TcpDetails[entry.TcpDetailsIndex] : default;
        WriteNumberOrNull(json, "bytesSent"u8, details.BytesSent, isKnown);
        WriteNumberOrNull(json, "bytesReceived"u8, details.BytesReceived, isKnown);
    }

    private void WriteOfKind(Utf8JsonWriter json, in SocketEntry entry)
    {
        if (entry.Protocol == SocketProtocol.Unix)
        {
            var details = facts.Unix(entry);
            WriteOptional(json, "path"u8, details.Path);
            WriteNumberOrNull(json, "peer"u8, details.PeerInode, details.PeerInode != 0);
        }
        else if (entry.Protocol == SocketProtocol.Packet)
        {
            WriteOptional(json, "interface"u8, facts.Interface(entry).Text);
            json.WriteNumber("etherType"u8, entry.LocalPort);
        }
    }
}
