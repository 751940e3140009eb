using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Sockets.Filtering;

/// <summary>Every field of the filter language, in the order in which help lists them.</summary>
public static class FilterFields
{
    internal static readonly FilterField State = new(StateValue.Read)
    {
        Name = "state",
        Description = "State of the socket, or a group of states as in ss: all, connected, synchronized, bucket, big",
        Example = "state established,close-wait",
        Values = static () => StateWords.Words,
    };

    internal static readonly FilterField Pid = new(NumberValue.Read)
    {
        Name = "pid",
        Description = "Id of a process that holds the socket",
        Example = "pid 4112",
        IsOrdered = true,
    };

    internal static readonly FilterField Process = new(PatternValue.Read)
    {
        Name = "process",
        Aliases = ["proc"],
        Description = "Name of a process that holds the socket; * and ? are wildcards",
        Example = "process nginx,php-fpm*",
    };

    internal static readonly FilterField Unit = new(PatternValue.Read)
    {
        Name = "unit",
        Description = "systemd unit of a process that holds the socket; without a dot, a unit of any type",
        Example = "unit ssh.service",
    };

    internal static readonly FilterField Container = new(PatternValue.Read)
    {
        Name = "container",
        Description = "Container of a process that holds the socket: its name, or a prefix of its id",
        Example = "container web*",
    };

    internal static readonly FilterField Namespace = new(PatternValue.Read)
    {
        Name = "namespace",
        Aliases = ["netns"],
        Description = "Network namespace: its name, its inode number, or self for the current one",
        Example = "namespace != self",
        Values = static () => ["self"],
    };

    internal static readonly FilterField ReceiveQueue = new(NumberValue.Read)
    {
        Name = "recvq",
        Aliases = ["receiveQueue", "recv-q"],
        Description = "Bytes waiting to be read (K, M and G are powers of 1024); for a listener, connections waiting to be accepted",
        Example = "recvq > 64K",
        IsOrdered = true,
    };

    internal static readonly FilterField SendQueue = new(NumberValue.Read)
    {
        Name = "sendq",
        Aliases = ["sendQueue", "send-q"],
        Description = "Bytes sent but not acknowledged, or not sent; for a listener, its backlog",
        Example = "sendq >= 1",
        IsOrdered = true,
    };

    internal static readonly FilterField Rate = new(NumberValue.Read)
    {
        Name = "rate",
        Description = "Payload bytes per second in both directions (K, M and G are powers of 1024); only while traffic counts",
        Example = "rate > 1M",
        IsOrdered = true,
    };

    internal static readonly FilterField Path = new(PatternValue.Read)
    {
        Name = "path",
        Description = "Path of a Unix socket, @name for an abstract one; * and ? are wildcards",
        Example = "path /run/*",
    };

    /// <summary>All fields.</summary>
    public static IReadOnlyList<FilterField> All { get; } =
    [
        State,
        new(static use => PortValue.Read(use, SocketEnd.Either))
        {
            Name = "port",
            Description = "Port at either end: a number, a range, a list, or a service name",
            Example = "port 22,80,8000-8100",
            IsOrdered = true,
        },
        new(static use => PortValue.Read(use, SocketEnd.Local))
        {
            Name = "sport",
            Aliases = ["localPort"],
            Description = "Local port",
            Example = "sport = :22",
            IsOrdered = true,
        },
        new(static use => PortValue.Read(use, SocketEnd.Remote))
        {
            Name = "dport",
            Aliases = ["remotePort"],
            Description = "Remote port",
            Example = "dport >= :1024",
            IsOrdered = true,
        },
        new(static use => HostValue.Read(use, SocketEnd.Local))
        {
            Name = "src",
            Aliases = ["local"],
            Description = "Local address: an address, a prefix, with or without a port",
            Example = "src 127.0.0.1:22",
        },
        new(static use => HostValue.Read(use, SocketEnd.Remote))
        {
            Name = "dst",
            Aliases = ["remote", "peer"],
            Description = "Remote address",
            Example = "dst [2001:db8::1]:443",
        },
        new(static use => HostValue.Read(use, SocketEnd.Either))
        {
            Name = "address",
            Aliases = ["addr"],
            Description = "Address at either end",
            Example = "address 10.0.0.0/8",
        },
        Pid,
        Process,
        new(UserValue.Read)
        {
            Name = "user",
            Aliases = ["uid"],
            Description = "User who created the socket: a name, or a number",
            Example = "user www-data",
            IsOrdered = true,
        },
        Unit,
        Container,
        new(ServiceValue.Read)
        {
            Name = "service",
            Description = "Registry service of either port, for the socket's own protocol",
            Example = "service https",
        },
        new(FamilyValue.Read)
        {
            Name = "family",
            Description = "Address family: ipv4 (inet), ipv6 (inet6), unix or packet (link)",
            Example = "family ipv6",
            Values = static () => KindWords.FamilyWords,
        },
        new(ProtocolValue.Read)
        {
            Name = "protocol",
            Aliases = ["proto"],
            Description = "Protocol: tcp, udp, udplite, sctp, dccp, raw, mptcp, unix or packet",
            Example = "protocol udp",
            Values = static () => KindWords.ProtocolWords,
        },
        Namespace,
        ReceiveQueue,
        SendQueue,
        Rate,
        new(InterfaceValue.Read)
        {
            Name = "dev",
            Aliases = ["interface"],
            Description = "Interface the socket is bound to: its name or index",
            Example = "dev eth0",
        },
        Path,
        new(static _ => new AutoboundNode())
        {
            Name = "autobound",
            Description = "The local port is in this host's ephemeral range",
            Example = "state listening autobound",
            IsFlag = true,
        },
    ];

    /// <summary>The field of that name or alias, in any case, or <c>null</c>.</summary>
    public static FilterField? Find(string word)
    {
        foreach (var field in All)
        {
            if (field.IsNamed(word))
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>Every word that may stand where a condition starts.</summary>
    internal static IEnumerable<string> Words =>
        All.SelectMany(static known => known.Aliases.Prepend(known.Name)).Concat(["not", "exclude"]);
}
