using System.Text.Json;
using Portolan.Model;
using Portolan.Reachability.Documents;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>Reads a lab's <c>portolan.sockets/1</c> as if a kernel had been asked. All of it is hostile until it is checked.</summary>
internal static class LabDocument
{
    private const int LongestName = 256;
    private const int LongestPorts = 400_000;
    private const int MaxDepth = 16;

    /// <summary>The sockets of a document that a query wants: kinds, families and states; the rest is the filter's matter.</summary>
    /// <exception cref="PortolanException">It is no such document.</exception>
    public static SocketSnapshot Read(ReadOnlyMemory<byte> text, SocketQuery query)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return Read(document.RootElement, query);
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // What GetProperty and its like throw at a field that is not there or of another kind.
            throw Wrong("the answer is not from a lab", exception);
        }
    }

    /// <summary>What was answered cannot be a lab's answer.</summary>
    public static PortolanException Wrong(string why, Exception? inner = null) =>
        new(
            $"{LabSocketSource.Variable} does not name a lab: {why}", $"run it inside portolan lab run, with the same version of Portolan",
            ExitCode.Failed, inner);

    private static SocketSnapshot Read(JsonElement root, SocketQuery query)
    {
        if (root.GetProperty("schema"u8).GetString() is not SocketsDocument.Format)
        {
            throw Wrong($"it does not speak {SocketsDocument.Format}");
        }

        var (sockets, hosts) = (new SocketTable(), new List<LabHostNote>());
        var known = new Dictionary<LabHostNote, int>();
        foreach (var socket in root.GetProperty("sockets"u8).EnumerateArray())
        {
            Add(sockets, socket, query, note => IndexOf(note, hosts, known));
        }

        return new SocketSnapshot
        {
            Sockets = sockets,
            Namespaces = [.. hosts.Select(static (host, index) => new NetworkNamespace((ulong)index + 1, host.Name, 0, IsOwn: false))],
            Lab = new LabNote(Name(root, "host"u8), hosts),
            Sources = [new SocketSourceNote(SocketProtocols.Tcp | SocketProtocols.Udp, SocketSourceNote.FromLab)],
            Missing = [.. root.GetProperty("missing"u8).EnumerateArray().Select(
                static m => new MissingFact(
                    MissingFactCodes.TryParse(m.TryGetProperty("code"u8, out var code) ? code.GetString() : null, out var known)
                        ? known : MissingFactCode.LabSocketsOther,
                    Name(m, "what"u8), Name(m, "why"u8)))],
        };
    }

    private static int IndexOf(LabHostNote note, List<LabHostNote> hosts, Dictionary<LabHostNote, int> known)
    {
        if (!known.TryGetValue(note, out var index))
        {
            known.Add(note, index = hosts.Count);
            hosts.Add(note);
        }

        return index;
    }

    private static void Add(SocketTable sockets, JsonElement socket, SocketQuery query, Func<LabHostNote, int> indexOf)
    {
        var protocol = socket.GetProperty("protocol"u8).GetString() switch
        {
            "tcp" => SocketProtocol.Tcp,
            "udp" => SocketProtocol.Udp,
            _ => throw new FormatException("not a protocol of a lab"),
        };
        var state = State(socket.GetProperty("state"u8).GetString());
        var (local, localPort) = End(socket.GetProperty("local"u8));
        if (((int)query.Protocols & (1 << (int)protocol)) == 0 || (query.States & (1u << (int)state)) == 0
            || !(local.IsIPv4 ? query.IPv4 : query.IPv6))
        {
            return;
        }

        ref var entry = ref sockets.Add();
        (entry.Protocol, entry.State, entry.LocalAddress, entry.LocalPort) = (protocol, state, local, localPort);
        entry.RemoteAddress = local.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        entry.Flags = local.IsIPv4 || !local.IsUnspecified ? SocketFlags.None : SocketFlags.DualStack | SocketFlags.V6OnlyKnown;
        if (socket.GetProperty("remote"u8) is { ValueKind: not JsonValueKind.Null } remote)
        {
            (entry.RemoteAddress, entry.RemotePort) = End(remote);
        }

        var ports = socket.TryGetProperty("ports"u8, out var several) ? several.GetString() : null;
        var count = socket.TryGetProperty("hosts"u8, out var hosts) ? hosts.GetUInt64() : 1;
        entry.NamespaceIndex = indexOf(new LabHostNote(
            Name(socket, "host"u8), count, ports?.Length > LongestPorts ? throw new FormatException("too long") : ports));
    }

    private static SocketState State(string? name)
    {
        for (var state = SocketState.Unknown; state <= SocketState.Unconnected; state++)
        {
            if (state.Name() == name)
            {
                return state;
            }
        }

        throw new FormatException("no state");
    }

    private static (InternetAddress Address, ushort Port) End(JsonElement end) =>
        InternetAddress.TryParse(end.GetProperty("address"u8).GetString(), out var address)
            ? (address, end.GetProperty("port"u8).GetUInt16())
            : throw new FormatException("no address");

    private static string Name(JsonElement element, ReadOnlySpan<byte> name) =>
        element.GetProperty(name).GetString() is { Length: > 0 and <= LongestName } text ? text : throw new FormatException("no name");
}
