using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Reachability.Documents;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Documents;

namespace Portolan.Cli.Listing;

/// <summary>
/// Writes sockets as <see cref="SocketsDocument"/> does, by hand: a list may have hundreds of thousands, and a row allocates nothing.
/// </summary>
internal sealed class SocketJson(SocketFacts facts)
{
    /// <summary>Writes the document's members but for the braces.</summary>
    public void WriteDocument(
        Utf8JsonWriter json, SocketRows rows, DateTimeOffset takenAt, string host, IReadOnlyList<PortForward>? forwards,
        IReadOnlyList<MissingFact> missing)
    {
        JsonHead.WriteHead(json, SocketsDocument.Format, takenAt, host, missing);
        SourceNotes.Write(json, facts.Snapshot, facts.Owners);
        json.WriteStartArray("sockets"u8);
        for (var row = 0; row < rows.Count; row++)
        {
            json.WriteStartObject();
            WriteSocket(json, facts.Sockets[rows[row]]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName("forwards"u8);
        JsonSerializer.Serialize(
            json, ListedForwardRecord.Of(forwards), ReachabilityDocuments.Default.IEnumerableListedForwardRecord);
    }

    /// <summary>Writes the members of one socket.</summary>
    public void WriteSocket(Utf8JsonWriter json, in SocketEntry entry)
    {
        var hasAddress = entry.HasAddress;
        json.WriteString("protocol"u8, entry.Protocol.Name());
        json.WriteText("family"u8, hasAddress ? entry.IsIPv6 ? "ipv6" : "ipv4" : null);
        if (entry.DualStack is { } isDualStack)
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
        json.WriteText("service"u8, hasAddress ? facts.Service(entry).Text : null);
        WriteUser(json, entry);
        json.WriteCount("inode"u8, entry.Inode == 0 ? null : entry.Inode);
        WriteCookie(json, entry.Cookie);
        json.WriteText("namespace"u8, facts.Namespace(entry).Text);
        WriteOwners(json, entry);
        WriteBytes(json, entry);
        WriteOfKind(json, entry);
        if (facts.LabNote(entry) is { } host)
        {
            json.WriteText("host"u8, host.Name);
            json.WriteNumber("hosts"u8, host.Count);
            json.WriteText("ports"u8, host.Ports);
        }
    }

    private static void WriteEnd(Utf8JsonWriter json, ReadOnlySpan<byte> name, InternetAddress address, ushort port, string? interfaceName)
    {
        json.WriteStartObject(name);
        WriteAddress(json, address);
        json.WriteNumber("port"u8, port);
        json.WriteText("interface"u8, interfaceName);
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
        json.WriteText("name"u8, facts.User(entry.UserId).Text);
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
            if (facts.Owner(pid).Process is { } process)
            {
                JsonSerializer.Serialize(json, ProcessRecord.Of(process), ReachabilityDocuments.Default.ProcessRecord);
            }
        }

        json.WriteEndArray();
    }

    private void WriteBytes(Utf8JsonWriter json, in SocketEntry entry)
    {
        if (entry.TcpDetailsIndex < 0)
        {
            json.WriteNull("bytesSent"u8);
            json.WriteNull("bytesReceived"u8);
            return;
        }

        ref readonly var details = ref facts.Sockets.TcpDetails[entry.TcpDetailsIndex];
        json.WriteNumber("bytesSent"u8, details.BytesSent);
        json.WriteNumber("bytesReceived"u8, details.BytesReceived);
    }

    private void WriteOfKind(Utf8JsonWriter json, in SocketEntry entry)
    {
        if (entry.Protocol == SocketProtocol.Unix)
        {
            var details = facts.Unix(entry);
            json.WriteText("path"u8, details.Path);
            json.WriteCount("peer"u8, details.PeerInode == 0 ? null : details.PeerInode);
        }
        else if (entry.Protocol == SocketProtocol.Packet)
        {
            json.WriteText("interface"u8, facts.Interface(entry).Text);
            json.WriteNumber("etherType"u8, entry.LocalPort);
        }
    }
}
