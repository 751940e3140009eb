using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>Every column by its word, and which of them a listing shows unless told otherwise.</summary>
internal static class ColumnCatalog
{
    /// <summary>The words for <c>--columns</c> and <c>--sort</c>: the names of the machine formats.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "protocol", "family", "state", "receiveQueue", "sendQueue", "local", "remote", "localAddress", "localPort", "remoteAddress",
        "remotePort", "interface", "service", "owner", "pid", "process", "command", "unit", "container", "user", "userId", "inode",
        "cookie", "namespace", "timer", "bytesSent", "bytesReceived", "rtt", "path", "peer", "type", "dualStack", "cgroupId",
        "createdIn", "host", "hosts", "ports",
    ];

    /// <summary>The fields of CSV.</summary>
    public static IReadOnlyList<string> CsvNames { get; } =
    [
        "protocol", "family", "dualStack", "localAddress", "localPort", "interface", "remoteAddress", "remotePort", "state", "receiveQueue",
        "sendQueue", "service", "userId", "user", "inode", "cookie", "namespace", "pid", "process", "command", "unit", "container",
        "bytesSent", "bytesReceived", "path", "peer",
    ];

    // What the heads of tables say, and what ss and netstat call the same thing.
    private static readonly (string Alias, string Name)[] Aliases =
    [
        ("proto", "protocol"), ("netid", "protocol"), ("recv-q", "receiveQueue"), ("send-q", "sendQueue"), ("sent", "bytesSent"),
        ("received", "bytesReceived"), ("port", "localPort"), ("address", "localAddress"), ("lport", "localPort"), ("sport", "localPort"),
        ("dport", "remotePort"), ("rport", "remotePort"), ("src", "local"), ("dst", "remote"), ("uid", "userId"), ("owners", "owner"),
        ("program", "process"), ("name", "process"), ("iface", "interface"), ("dev", "interface"), ("netns", "namespace"),
    ];

    /// <summary>The column names of a list such as <c>proto,local,owner</c>.</summary>
    /// <exception cref="PortolanException">A word that is not a column.</exception>
    public static IReadOnlyList<string> ParseList(string option, string list)
    {
        var names = new List<string>();
        foreach (var word in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            names.Add(Find(option, word));
        }

        return names.Count > 0 ? names : throw new PortolanException($"{option} needs at least one column", KnownNames(), ExitCode.Usage);
    }

    /// <summary>The name of the column a word means.</summary>
    /// <exception cref="PortolanException">A word that is not a column.</exception>
    public static string Find(string option, string word)
    {
        foreach (var name in Names)
        {
            if (Same(name, word))
            {
                return name;
            }
        }

        foreach (var (alias, name) in Aliases)
        {
            if (Same(alias, word))
            {
                return name;
            }
        }

        var nearest = NearestWord.Find(word, Names.Concat(Aliases.Select(a => a.Alias)));
        throw new PortolanException(
            $"{option}: no column '{word}'{(nearest is null ? "" : $"; did you mean {nearest}?")}", KnownNames(), ExitCode.Usage);
    }

    /// <summary>Whether a column needs owners.</summary>
    public static bool NeedsOwners(string name) => name is "owner" or "pid" or "process" or "command" or "unit" or "container";

    /// <summary>Whether a column needs tcp_info.</summary>
    public static bool NeedsTcpDetails(string name) => name is "bytesSent" or "bytesReceived" or "rtt";

    /// <summary>Makes a column for a listing.</summary>
    public static Column Create(string name, SocketFacts facts) => name switch
    {
        "protocol" => new FixedTextColumn(name, "PROTO", ProtocolTexts(), static (in SocketEntry e) => (int)e.Protocol),
        "family" =>
            new FixedTextColumn(name, "FAMILY", ["ipv4", "ipv6", ""], static (in SocketEntry e) => !e.HasAddress ? 2 : e.IsIPv6 ? 1 : 0),
        "dualStack" => new FixedTextColumn(name, "DUAL-STACK", ["false", "true", ""], static (in SocketEntry e) => e.DualStack switch
        {
            null => 2,
            true => 1,
            false => 0,
        }),
        "state" => new FixedTextColumn(name, "STATE", StateTexts(), static (in SocketEntry e) => (int)e.State),
        "receiveQueue" => new NumberColumn(name, "RECV-Q", static (in SocketEntry e) => e.ReceiveQueue),
        "sendQueue" => new NumberColumn(name, "SEND-Q", static (in SocketEntry e) => e.SendQueue),
        "local" => new EndpointColumn(isRemote: false, facts),
        "remote" => new EndpointColumn(isRemote: true, facts),
        "localAddress" => new AddressColumn(name, "LOCAL ADDRESS", isRemote: false),
        "remoteAddress" => new AddressColumn(name, "REMOTE ADDRESS", isRemote: true),
        "localPort" => new NumberColumn(name, "PORT", static (in SocketEntry e) => e.HasAddress ? e.LocalPort : null),
        "remotePort" =>
            new NumberColumn(name, "REMOTE PORT", static (in SocketEntry e) => e.HasAddress && e.HasRemote ? e.RemotePort : null),
        "interface" => Text(name, "INTERFACE", (in SocketEntry e) => facts.Interface(e)),
        "service" => Text(name, "SERVICE", (in SocketEntry e) => facts.ShowsRunning ? facts.ShownService(e) : facts.Service(e)),
        "owner" => new TextColumn(name, "OWNER", (in SocketEntry e, Utf8Writer o) => OwnerText.Write(e, facts, o)),
        "pid" => new TextColumn(name, "PID", (in SocketEntry e, Utf8Writer o) => OwnerText.WritePids(e, facts, o)),
        "process" =>
            new TextColumn(name, "PROCESS", (in SocketEntry e, Utf8Writer o) => OwnerText.WriteEach(e, facts, o, static p => p.Name)),
        "command" =>
            new TextColumn(name, "COMMAND", (in SocketEntry e, Utf8Writer o) => OwnerText.WriteEach(e, facts, o, static p => p.Command)),
        "unit" => new TextColumn(name, "UNIT", (in SocketEntry e, Utf8Writer o) => OwnerText.WriteEach(e, facts, o, static p => p.Unit)),
        "container" =>
            new TextColumn(
                name, "CONTAINER", (in SocketEntry e, Utf8Writer o) => OwnerText.WriteContainers(e, facts, o)),
        "user" => Text(name, "USER", (in SocketEntry e) => e.HasUser ? facts.User(e.UserId) : NameFacts.None),
        "userId" => new NumberColumn(name, "UID", static (in SocketEntry e) => e.HasUser ? e.UserId : null),
        "inode" => new NumberColumn(name, "INODE", static (in SocketEntry e) => e.Inode == 0 ? null : e.Inode),
        "cookie" => new TextColumn(name, "COOKIE", WriteCookie),
        "namespace" => Text(name, "NAMESPACE", (in SocketEntry e) => facts.Namespace(e)),
        "timer" => new TextColumn(name, "TIMER", TimerText.Write),
        "bytesSent" =>
            new NumberColumn(
                name, "SENT", (in SocketEntry e) => e.TcpDetailsIndex < 0 ? null : facts.Sockets.TcpDetails[e.TcpDetailsIndex].BytesSent),
        "bytesReceived" =>
            new NumberColumn(
                name, "RECEIVED",
                (in SocketEntry e) => e.TcpDetailsIndex < 0 ? null : facts.Sockets.TcpDetails[e.TcpDetailsIndex].BytesReceived),
        "rtt" => new NumberColumn(name, "RTT(us)", (in SocketEntry e) => RoundTrip(e, facts)),
        "path" => Text(name, "PATH", (in SocketEntry e) => facts.UnixPath(e)),
        "peer" => new NumberColumn(name, "PEER", (in SocketEntry e) => facts.Unix(e).PeerInode is var peer && peer == 0 ? null : peer),
        "type" => new TextColumn(name, "TYPE", (in SocketEntry e, Utf8Writer o) => o.Write(UnixType(facts.Unix(e).Type))),
        "cgroupId" => new NumberColumn(name, "CGROUP-ID", static (in SocketEntry e) => e.CgroupId == 0 ? null : e.CgroupId),
        "host" => Text(name, "HOST", (in SocketEntry e) => facts.LabName(e)),
        "hosts" => new NumberColumn(name, "HOSTS", (in SocketEntry e) => facts.LabNote(e)?.Count),
        "ports" => Text(name, "PORTS", (in SocketEntry e) => facts.LabPorts(e)),
        "createdIn" => Text(name, "CREATED-IN", (in SocketEntry e) => facts.CreatedIn(e)),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, message: null),
    };

    /// <summary><c>stream</c>, <c>dgram</c> or <c>seqpacket</c> for a Unix socket's SOCK_ number.</summary>
    public static ReadOnlySpan<byte> UnixType(byte type) => type switch
    {
        1 => "stream"u8,
        2 => "dgram"u8,
        5 => "seqpacket"u8,
        _ => ""u8,
    };

    /// <summary>Writes the cookie as a hex string, as the machine formats and ss do.</summary>
    public static void WriteCookie(in SocketEntry entry, Utf8Writer output)
    {
        if (entry.Cookie != 0)
        {
            entry.Cookie.TryFormat(output.GetSpan(16), out var written, "x", provider: null);
            output.Advance(written);
        }
    }

    /// <summary>The smoothed round-trip time; <c>null</c> where none was measured yet, as for a listener.</summary>
    private static ulong? RoundTrip(in SocketEntry entry, SocketFacts facts) =>
        entry.TcpDetailsIndex >= 0 && facts.Sockets.TcpDetails[entry.TcpDetailsIndex].RttMicroseconds is > 0 and var microseconds
            ? microseconds
            : null;

    private static TextColumn Text(string name, string heading, NameOf of) =>
        new(name, heading, (in SocketEntry e, Utf8Writer o) => o.Write(of(e).Utf8));

    private static string[] ProtocolTexts() => Texts((int)SocketProtocol.Packet + 1, static i => ((SocketProtocol)i).Name());

    private static string[] StateTexts() => Texts((int)SocketState.Unconnected + 1, static i => ((SocketState)i).Name());

    // A loop: a sequence would be put together in rented arrays, 0.04 ms of every list.
    private static string[] Texts(int count, Func<int, string> text)
    {
        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            texts[i] = text(i);
        }

        return texts;
    }

    private static bool Same(string name, string word) => name.Replace("-", "", StringComparison.Ordinal)
        .Equals(
            word.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    private static Advice KnownNames() => $"columns: {Advice.List(Names)}";

    private delegate NameFacts NameOf(in SocketEntry entry);
}
