using System.Text;
using Portolan.Cli.Charting;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>Where a listing gets the names of things from. Each is asked once per thing; tests give their own.</summary>
internal sealed record NameLookups
{
    /// <summary>A process by pid; <c>null</c> when it is gone.</summary>
    public Func<int, ProcessInfo?> Process { get; init; } = static _ => null;

    /// <summary>A user's name by id; <c>null</c> when there is none.</summary>
    public Func<uint, string?> User { get; init; } = static _ => null;

    /// <summary>An interface's name by index, in a namespace of the snapshot; <c>null</c> when there is none.</summary>
    public Func<int, int, string?> Interface { get; init; } = static (_, _) => null;

    /// <summary>The registry's name of a port; <c>null</c> when it has none.</summary>
    public Func<TransportProtocol, ushort, string?> Service { get; init; } = static (_, _) => null;

    /// <summary>What the owner of a listener serves, as tables show it; <c>null</c> where it does not tell.</summary>
    public RunningService Running { get; init; } = static (in SocketEntry _) => null;

    /// <summary>
    /// The container that an engine of a user publishes a port at an address for, as that engine says; <c>null</c> where none does.
    /// </summary>
    public Func<TransportProtocol, InternetAddress, PortNumber, uint, ContainerInfo?> PublishedAt { get; init; } =
        static (_, _, _, _) => null;

    /// <summary>Names what the owner of a listener serves.</summary>
    public delegate string? RunningService(in SocketEntry entry);

    /// <summary>The path of a control group by id; <c>null</c> when there is none any more.</summary>
    public Func<ulong, string?> Cgroup { get; init; } = static _ => null;
}

/// <summary>
/// A listing's sockets and everything known about them. Names are looked up once and kept, ready to be copied to the output.
/// </summary>
internal sealed class SocketFacts(SocketSnapshot snapshot, NameLookups sources)
{
    private readonly Dictionary<int, OwnerFacts> _owners = [];
    private readonly Dictionary<uint, NameFacts> _users = [];
    private readonly Dictionary<long, NameFacts> _interfaces = [];
    private readonly Dictionary<ulong, NameFacts> _cgroups = [];
    private readonly Dictionary<int, NameFacts> _services = [];
    private NameFacts?[]? _namespaces;
    private readonly Dictionary<int, NameFacts> _labHosts = [];
    private readonly Dictionary<int, NameFacts> _labPorts = [];
    private readonly Dictionary<int, NameFacts> _unixPaths = [];
    private readonly Dictionary<uint, NameFacts> _published = [];
    private Dictionary<uint, int>? _unixByInode;
    private OwnerFacts? _lastOwner;

    public SocketTable Sockets => snapshot.Sockets;

    /// <summary>The snapshot they are from.</summary>
    public SocketSnapshot Snapshot => snapshot;

    /// <summary>The owners; <c>null</c> when they were not looked for.</summary>
    public OwnerMap? Owners { get; set; }

    /// <summary>Whether services are what owners tell, for people, or the registry's names, for programs.</summary>
    public bool ShowsRunning { get; init; }

    /// <summary>Names for addresses and ports in place of numbers; <c>null</c> for numbers.</summary>
    public EndpointNames? Names { get; set; }

    /// <summary>Pids that hold the socket; empty when there are none or they were not looked for.</summary>
    public ReadOnlySpan<int> Pids(in SocketEntry entry) => Owners is { } owners ? owners.Pids(entry.Inode) : default;

    /// <summary>Whether the owner of a socket is hidden rather than none (<see cref="OwnerMap.Hides"/>).</summary>
    public bool IsOwnerHidden(in SocketEntry entry) => Owners is { } owners && owners.Hides(entry);

    /// <summary>
    /// The container whose engine publishes the port of a listener with a hidden owner: a user who may ask the engine need not be allowed
    /// to look into its proxy. Nothing where no engine says so.
    /// </summary>
    public NameFacts PublishedFor(in SocketEntry entry)
    {
        if (entry.HasRemote || !entry.HasUser || entry.NamespaceIndex != 0 || entry.Protocol.Transport() is not { } protocol
            || !IsOwnerHidden(entry))
        {
            return NameFacts.None;
        }

        if (!_published.TryGetValue(entry.Inode, out var name))
        {
            name = new NameFacts(
                sources.PublishedAt(protocol, entry.LocalAddress, entry.LocalPortNumber, entry.UserId) is { } container
                    ? OwnerFacts.ShownName(container)
                    : null);
            _published.Add(entry.Inode, name);
        }

        return name;
    }

    /// <summary>How many of the rows have a hidden owner, and no engine that names a container for it.</summary>
    public int HiddenOwners(SocketRows rows)
    {
        if (Owners is not { MayHideOwners: true })
        {
            return 0;
        }

        var count = 0;
        for (var row = 0; row < rows.Count; row++)
        {
            ref readonly var entry = ref Sockets[rows[row]];
            count += IsOwnerHidden(entry) && PublishedFor(entry).IsNone ? 1 : 0;
        }

        return count;
    }

    /// <summary>What is known about an owner.</summary>
    public OwnerFacts Owner(int pid)
    {
        if (_lastOwner is { } last && last.Pid == pid)
        {
            return last;
        }

        if (!_owners.TryGetValue(pid, out var owner))
        {
            owner = new OwnerFacts(pid, sources.Process(pid));
            _owners.Add(pid, owner);
        }

        return _lastOwner = owner;
    }

    /// <summary>A user's name, or nothing.</summary>
    public NameFacts User(uint id) => Get(_users, id, static (id, sources) => sources.User(id));

    /// <summary>Path of the control group the socket was made in: a hint, for another process may hold it by now.</summary>
    public NameFacts CreatedIn(in SocketEntry entry) => Get(_cgroups, entry.CgroupId, static (id, sources) => sources.Cgroup(id));

    /// <summary>
    /// The name of the interface an entry is bound to, <c>if7</c> when it has none any more; nothing for an entry that is bound to none.
    /// </summary>
    public NameFacts Interface(in SocketEntry entry)
    {
        if (entry.InterfaceIndex == 0)
        {
            return NameFacts.None;
        }

        var key = ((long)entry.NamespaceIndex << 32) | (uint)entry.InterfaceIndex;
        return Get(_interfaces, key, static (key, sources) => sources.Interface((int)(key >> 32), (int)key) ?? $"if{(int)key}");
    }

    /// <summary>The registry's name for a port of a socket's protocol, or nothing.</summary>
    public NameFacts Service(SocketProtocol protocol, ushort port)
    {
        if (port == 0 || protocol.Transport() is not { } transport)
        {
            return NameFacts.None;
        }

        return Get(
            _services, ((int)transport << 16) | port,
            static (key, sources) => sources.Service((TransportProtocol)(key >> 16), (ushort)key));
    }

    /// <summary>The service of a socket (<see cref="SocketService"/>).</summary>
    public NameFacts Service(in SocketEntry entry)
    {
        var local = Service(entry.Protocol, entry.LocalPort);
        if (!entry.HasRemote)
        {
            return local;
        }

        var remote = Service(entry.Protocol, entry.RemotePort);
        return SocketService.IsOfRemote(entry, !local.IsNone, !remote.IsNone) ? remote : local;
    }

    /// <summary>
    /// What runs at a listener by its owner, or else the registry's name of the number as a guess (<see cref="ServiceWords.Guess"/>). In a
    /// lab the registry's name alone.
    /// </summary>
    public NameFacts ShownService(in SocketEntry entry)
    {
        if (snapshot.Lab is not null)
        {
            return Service(entry);
        }

        if (!entry.HasRemote && entry.LocalPort != 0 && sources.Running(entry) is { } running)
        {
            return new NameFacts(running);
        }

        var isServerKnown = !entry.HasRemote && !Pids(entry).IsEmpty;
        return ServiceWords.Guess(Service(entry).Text, new PortNumber(entry.LocalPort), isServerKnown) is { } guess
            ? new NameFacts(guess)
            : NameFacts.None;
    }

    /// <summary>What to call a namespace; nothing when the source did not say.</summary>
    public NameFacts Namespace(in SocketEntry entry)
    {
        _namespaces ??= new NameFacts?[Math.Max(1, snapshot.Namespaces.Count)];
        var index = entry.NamespaceIndex;
        if ((uint)index >= (uint)snapshot.Namespaces.Count)
        {
            return NameFacts.None;
        }

        if (_namespaces[index] is { } known)
        {
            return known;
        }

        var found = snapshot.Namespaces[index];
        var name = new NameFacts(found.Label);
        _namespaces[index] = name;
        return name;
    }

    /// <summary>The host of a lab whose socket it is, with what it stands for; nothing for a socket of this machine.</summary>
    public NameFacts LabHost(in SocketEntry entry) =>
        LabNote(entry) is { } host ? Get(_labHosts, entry.NamespaceIndex, (_, _) => host.Label) : NameFacts.None;

    /// <summary>The name of that host alone, or nothing.</summary>
    public NameFacts LabName(in SocketEntry entry) => LabNote(entry) is null ? NameFacts.None : Namespace(entry);

    /// <summary>The ports of a listener of a lab that has several, or nothing.</summary>
    public NameFacts LabPorts(in SocketEntry entry) =>
        LabNote(entry)?.Ports is { } ports ? Get(_labPorts, entry.NamespaceIndex, (_, _) => ports) : NameFacts.None;

    /// <summary>The host of a lab whose socket it is, or <c>null</c>.</summary>
    public LabHostNote? LabNote(in SocketEntry entry) => snapshot.Lab?.Hosts[entry.NamespaceIndex];

    /// <summary>Unix facts of an entry.</summary>
    public UnixDetails Unix(in SocketEntry entry) => entry.UnixIndex < 0 ? default : Sockets.Unix[entry.UnixIndex];

    /// <summary>The path or abstract name a Unix socket is bound to, or nothing.</summary>
    public NameFacts UnixPath(in SocketEntry entry) => entry.UnixIndex < 0 ? NameFacts.None : UnixPath(entry.UnixIndex);

    /// <summary>The path the Unix socket with an inode is bound to, or nothing when it is not in the listing.</summary>
    public NameFacts UnixPeerPath(uint inode)
    {
        if (_unixByInode is null)
        {
            _unixByInode = [];
            for (var i = 0; i < Sockets.Count; i++)
            {
                ref readonly var entry = ref Sockets[i];
                if (entry.UnixIndex >= 0 && entry.Inode != 0)
                {
                    _unixByInode[entry.Inode] = entry.UnixIndex;
                }
            }
        }

        return _unixByInode.TryGetValue(inode, out var index) ? UnixPath(index) : NameFacts.None;
    }

    /// <summary>The text for a port in place of its number: the registry's name, or the protocol's for a raw socket.</summary>
    public NameFacts PortName(SocketProtocol protocol, ushort port) => protocol == SocketProtocol.Raw
        ? Get(_services, port, static (key, _) => RawProtocolNames.Find(key))
        : Service(protocol, port);

    private NameFacts UnixPath(int index)
    {
        if (Sockets.Unix[index].Path is not { } path)
        {
            return NameFacts.None;
        }

        if (!_unixPaths.TryGetValue(index, out var name))
        {
            name = new NameFacts(path);
            _unixPaths.Add(index, name);
        }

        return name;
    }

    private NameFacts Get<T>(Dictionary<T, NameFacts> known, T key, Func<T, NameLookups, string?> ask)
        where T : notnull
    {
        if (!known.TryGetValue(key, out var name))
        {
            name = new NameFacts(ask(key, sources));
            known.Add(key, name);
        }

        return name;
    }
}

/// <summary>A name as it is and as a terminal may see it.</summary>
internal sealed class NameFacts(string? text)
{
    /// <summary>No name.</summary>
    public static NameFacts None { get; } = new(null);

    /// <summary>The name, or <c>null</c>.</summary>
    public string? Text { get; } = text;

    /// <summary>Whether there is no name.</summary>
    public bool IsNone => Text is null;

    /// <summary>The name as UTF-8, with everything hostile made visible; empty for none.</summary>
    public byte[] Utf8 { get; } = text is null ? [] : Encoding.UTF8.GetBytes(TerminalText.Escape(text));
}

/// <summary>An owner as the listing shows it.</summary>
internal sealed class OwnerFacts
{
    /// <summary>Takes the process; <c>null</c> when it went away before it could be read.</summary>
    public OwnerFacts(int pid, ProcessInfo? process)
    {
        Pid = pid;
        Process = process;
        Name = new NameFacts(process?.ShownName ?? "?");
    }

    /// <summary>Process id.</summary>
    public int Pid { get; }

    /// <summary>The process, or <c>null</c> when it went away before it could be read.</summary>
    public ProcessInfo? Process { get; }

    /// <summary>Its name; <c>?</c> when it is gone.</summary>
    public NameFacts Name { get; }

    /// <summary>The arguments with spaces between, or nothing.</summary>
    public NameFacts Command => field ??= new NameFacts(Process?.CommandLine is { Count: > 0 } words ? string.Join(' ', words) : null);

    /// <summary>The systemd unit, or nothing.</summary>
    public NameFacts Unit => field ??= new NameFacts(Process?.Unit);

    /// <summary>What follows the pid of a process in or for a container, such as <c> in container db</c>; else nothing.</summary>
    public NameFacts Place => field ??= new NameFacts(
        Process?.Container is { } c
            ? $" {(Process.ContainerPath is null ? "for" : "in")} container "
                + $"{Container.Text}{(c.Grade == NameGrade.Claimed ? " (claimed)" : "")}"
            : null);

    /// <summary>The container's name, or the first twelve characters of its id, or nothing.</summary>
    public NameFacts Container => field ??= new NameFacts(Process?.Container is { } c ? ShownName(c) : null);

    /// <summary>A container's name, or the first twelve characters of its id.</summary>
    public static string ShownName(ContainerInfo container) =>
        container.Name ?? (container.Id.Length > 12 ? container.Id[..12] : container.Id);
}
