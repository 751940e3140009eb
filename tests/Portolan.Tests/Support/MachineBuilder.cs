using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Support;

/// <summary>A machine made by hand: sockets as text, processes by number. Everything above acquisition can be tested on it.</summary>
internal sealed class MachineBuilder
{
    private readonly SocketTable _sockets = new();
    private readonly List<(uint Inode, int Pid)> _held = [];
    private readonly Dictionary<int, ProcessInfo> _processes = [];
    private readonly List<NetworkNamespace> _namespaces = [new(4026531840, null, 1, IsOwn: true)];
    private readonly HashSet<ulong> _chosen = [];
    private uint _nextInode = 1000;

    public EphemeralRange? Ephemeral { get; set; } = Range(32768, 60999);

    public int HiddenProcesses { get; set; }

    public InterfaceNames Interfaces { get; } = new();

    /// <summary>Whether this is a pid namespace of its own.</summary>
    public bool IsConfined { get; set; }

    public IReadOnlyList<SocketSourceNote> Sources { get; set; } = [new(SocketProtocols.Tcp | SocketProtocols.Udp, "netlink")];

    public bool KnowsChosenPorts { get; set; } = true;

    public Func<ProcessInfo, ContainerInfo?> PublishedBy { get; set; } = _ => null;

    public Func<TransportProtocol, PortNumber, string?> SocketUnit { get; set; } = (_, _) => null;

    public Func<string, bool> StartsOneForEach { get; set; } = _ => false;

    /// <summary>A kernel's own defaults.</summary>
    public static KernelSettings Settings { get; } = new() { EphemeralRange = Range(32768, 60999) };

    public static EphemeralRange Range(ushort first, ushort last) =>
        new(new PortRange(new PortNumber(first), new PortNumber(last)), new PortSet());

    public static (InternetAddress Address, ushort Port) Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        Assert.True(InternetAddress.TryParse(text[..colon].Trim('[', ']'), out var address), text);
        return (address, ushort.Parse(text[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    public MachineBuilder Process(
        int pid, string name, int parent = 1, string? unit = null, ContainerInfo? container = null, uint user = 1000,
        params string[] command)
    {
        _processes[pid] = new ProcessInfo(pid, (ulong)pid * 10)
        {
            ParentPid = parent,
            Name = name,
            UserId = user,
            Unit = unit,
            Container = container,
            CommandLine = command.Length > 0 ? command : [name],
            StartedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            WorkingDirectory = $"/srv/{name}",
        };
        return this;
    }

    /// <summary>The control group of a process as /proc shows it, below its root.</summary>
    public MachineBuilder Cgroup(int pid, string path)
    {
        Cgroups[pid] = path;
        return this;
    }

    /// <summary>Control groups that are not those of their unit.</summary>
    public Dictionary<int, string> Cgroups { get; } = [];

    /// <summary>Changes a process that was named before.</summary>
    public MachineBuilder With(int pid, Func<ProcessInfo, ProcessInfo> change)
    {
        _processes[pid] = change(_processes[pid]);
        return this;
    }

    public MachineBuilder Listen(string local, params int[] pids) => Add(SocketProtocol.Tcp, SocketState.Listen, local, null, pids);

    public MachineBuilder Udp(string local, params int[] pids) => Add(SocketProtocol.Udp, SocketState.Unconnected, local, null, pids);

    /// <summary>A UDP socket whose port the kernel chose.</summary>
    public MachineBuilder UdpClient(string local, params int[] pids)
    {
        Udp(local, pids);
        _chosen.Add(Last.Cookie);
        return this;
    }

    public MachineBuilder Connection(
        string local, string remote, ulong bytesIn = 0, ulong bytesOut = 0, SocketState state = SocketState.Established, params int[] pids)
    {
        Add(SocketProtocol.Tcp, state, local, remote, pids);
        _sockets.Attach(ref Last, new TcpDetails { BytesReceived = bytesIn, BytesSent = bytesOut });
        return this;
    }

    public MachineBuilder TimeWait(string local, string remote, uint milliseconds = 30_000)
    {
        Add(SocketProtocol.Tcp, SocketState.TimeWait, local, remote, []);
        Last.TimerMilliseconds = milliseconds;
        Last.Timer = SocketTimer.TimeWait;
        Last.Inode = 0;
        Last.Flags &= ~SocketFlags.HasUser;
        return this;
    }

    public MachineBuilder Add(SocketProtocol protocol, SocketState state, string local, string? remote, int[] pids, uint user = 1000)
    {
        ref var entry = ref _sockets.Add();
        (entry.LocalAddress, entry.LocalPort) = Parse(local);
        entry.RemoteAddress = entry.LocalAddress.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        if (remote is not null)
        {
            (entry.RemoteAddress, entry.RemotePort) = Parse(remote);
        }

        entry.Protocol = protocol;
        entry.State = state;
        entry.Inode = _nextInode++;
        entry.Cookie = entry.Inode;
        entry.UserId = user;
        entry.NamespaceIndex = 0;
        entry.Flags = SocketFlags.HasUser | SocketFlags.V6OnlyKnown;
        if (entry.LocalAddress == InternetAddress.AnyIPv6)
        {
            entry.Flags |= SocketFlags.DualStack;
        }

        foreach (var pid in pids)
        {
            _held.Add((entry.Inode, pid));
        }

        return this;
    }

    /// <summary>Changes the socket that was added last.</summary>
    public MachineBuilder With(Change change)
    {
        change(ref Last);
        return this;
    }

    public MachineBuilder V6Only() => With((ref SocketEntry e) => e.Flags &= ~SocketFlags.DualStack);

    public MachineBuilder Queue(uint waiting, uint backlog) =>
        With((ref SocketEntry e) => (e.ReceiveQueue, e.SendQueue) = (waiting, backlog));

    public MachineBuilder InNamespace(string name)
    {
        var index = _namespaces.FindIndex(n => n.Name == name);
        if (index < 0)
        {
            index = _namespaces.Count;
            _namespaces.Add(new NetworkNamespace((ulong)(4026532000 + index), name, 0, IsOwn: false));
        }

        return With((ref SocketEntry e) => e.NamespaceIndex = index);
    }

    public SocketSnapshot Snapshot => new()
    {
        Sockets = _sockets,
        Namespaces = _namespaces,
        Interfaces = Interfaces,
        Sources = Sources,
        Missing = [],
    };

    public OwnerMap Owners
    {
        get
        {
            var pairs = _held.Order().Distinct().ToArray();
            return new OwnerMap(
                [.. pairs.Select(p => p.Inode)], [.. pairs.Select(p => p.Pid)], "/proc", HiddenProcesses)
            { IsConfined = IsConfined };
        }
    }

    public IReadOnlyDictionary<int, ProcessInfo> Processes => _processes;

    public IReadOnlySet<ulong> ChosenPorts => _chosen;

    public MachineFacts Facts => new()
    {
        Snapshot = Snapshot,
        Owners = Owners,
        Processes = _processes,
        Ephemeral = Ephemeral,
        KernelChosenPorts = KnowsChosenPorts ? _chosen : null,
        ServiceName = Service,
        PublishedBy = (process, _, _) => PublishedBy(process),
        SocketUnit = SocketUnit,
        StartsOneForEach = StartsOneForEach,
    };

    private ref SocketEntry Last => ref System.Runtime.CompilerServices.Unsafe.AsRef(in _sockets[_sockets.Count - 1]);

    private static string? Service(TransportProtocol protocol, PortNumber port) => port.Value switch
    {
        22 => "ssh",
        53 => "domain",
        80 => "http",
        443 => "https",
        5432 => "postgresql",
        _ => null,
    };

    public delegate void Change(ref SocketEntry entry);
}
