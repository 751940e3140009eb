using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>
/// Finds the container behind a program of a container engine that holds a port for it: asks the engine first, then reads what the program
/// says of itself, the network namespace that it serves, and the address that it forwards to.
/// </summary>
/// <remarks>
/// Without the engine's help every container's addresses are read from /proc/PID/net of one of its processes. That needs no
/// privilege, and is done once, when the first proxy is met.
/// </remarks>
public sealed class ContainerResolver
{
    private const int LongestFile = 1024 * 1024;

    private readonly ProcessReader _processes;
    private readonly IContainerNames? _names;
    private readonly ContainerMonitors _monitors;
    private readonly Lazy<Places> _places;

    /// <summary>Reads through <paramref name="processes"/>, and asks <paramref name="names"/> first when given.</summary>
    public ContainerResolver(ProcessReader processes, IContainerNames? names)
    {
        _processes = processes;
        _names = names;
        _monitors = new ContainerMonitors(processes);
        _places = new Lazy<Places>(ReadPlaces);
    }

    /// <summary>
    /// The container that a process serves from outside, whatever the port; <c>null</c> where that depends on the port, or for any other
    /// process.
    /// </summary>
    public ContainerInfo? ServedBy(ProcessInfo process) => ServedBy(process, null);

    /// <summary>
    /// The container for which a process holds a port, or <c>null</c>. The process must have been read with its command line, user and
    /// control group.
    /// </summary>
    public ContainerInfo? ServedBy(ProcessInfo process, TransportProtocol protocol, PortNumber port) => ServedBy(process, (protocol, port));

    /// <summary>
    /// The container for which an engine of a user publishes a port at an address, as that engine says. The process that holds the port is
    /// not looked at: a user who may ask the engine need not be allowed to look into it.
    /// </summary>
    public ContainerInfo? PublishedAt(TransportProtocol protocol, InternetAddress address, PortNumber port, uint user)
    {
        foreach (var runtime in (ReadOnlySpan<string>)["docker", "podman"])
        {
            var wanted = new PublishedPort(runtime, protocol, address, new PortRange(port, port), null, port);
            if (_names?.Publisher(wanted, user) is { } container)
            {
                return container with { Grade = NameGrade.Confirmed };
            }
        }

        return null;
    }

    /// <summary>The container that has an address in its own network namespace; <c>null</c> where none is seen.</summary>
    public ContainerInfo? At(InternetAddress address) => _places.Value.At(address) is { } container ? Named(container) : null;

    /// <summary>The container with its name and its engine's user, as far as the engine or the container's monitor tells.</summary>
    public ContainerInfo Named(ContainerInfo container)
    {
        // Whose engine runs it is not told by a group that a user's service made.
        var monitor = container.Runtime is "podman" or "cri-o" && container.Name is null
            ? _monitors.Find(container.Id, container.EngineUser == 0 && container.Grade == NameGrade.Claimed ? null : container.EngineUser)
            : null;
        var known = monitor is { } m && container.EngineUser == 0 && container.Grade == NameGrade.Claimed
            ? container with { EngineUser = m.EngineUser }
            : container;
        return known.Name is not null ? known : known with
        {
            Name = _names?.Name(known) ?? monitor?.Name,
            Image = known.Image ?? _names?.Image(known),
        };
    }

    private ContainerInfo? ServedBy(ProcessInfo process, (TransportProtocol Protocol, PortNumber Port)? held)
    {
        // What runs inside a container is that container's, whatever it serves in there.
        if (process.ContainerPath is not null || EngineProgram.Of(process) is not { } program)
        {
            return null;
        }

        var grade = process is { UserId: 0, ExecutablePath: not null } ? NameGrade.Confirmed : NameGrade.Claimed;
        var user = process.UserId ?? 0;
        if (program.Role == EngineRole.Monitor)
        {
            return ContainerMonitors.OfMonitor(process) is { } watched ? Named(watched) : null;
        }

        var published = program.Role == EngineRole.Proxy ? PublishedPorts.Parse(process.CommandLine) : [];
        var asked = published.Count > 0
            ? published[0]
            : held is { } at ? new PublishedPort(program.Runtime, at.Protocol, null, new PortRange(at.Port, at.Port), null, at.Port) : null;
        if (asked is not null && Ask(asked, process, user) is { } container)
        {
            // The engine of the process's own user says so.
            return container with { Grade = user == 0 ? grade : NameGrade.Confirmed };
        }

        if (program.Role != EngineRole.Proxy)
        {
            return null;
        }

        var found = asked?.ContainerAddress is { } address ? _places.Value.At(address)
            : ByNamespace(process) ?? BySocket(process.CommandLine ?? [], user) ?? _monitors.StartedWith(process);
        return found is null ? null : Named(found) with { Grade = found.Grade < grade ? found.Grade : grade };
    }

    /// <summary>slirp4netns serves rootless Docker too, under the same name.</summary>
    private ContainerInfo? Ask(PublishedPort port, ProcessInfo process, uint user) =>
        _names?.Publisher(port, user)
            ?? (port.Runtime == "podman" && process.Name == "slirp4netns"
                ? _names?.Publisher(port with { Runtime = "docker" }, user)
                : null);

    /// <summary>A child of rootlessport lives in the network namespace that it serves.</summary>
    private ContainerInfo? ByNamespace(ProcessInfo process) =>
        _places.Value.ServedNamespaces.TryGetValue(process.Pid, out var space)
            && _places.Value.ByNamespace.TryGetValue(space, out var found) ? found with { Grade = NameGrade.Claimed } : null;

    /// <summary>
    /// slirp4netns learns its ports over a socket that is named after the container: <c>--api-socket …/libpod/tmp/ID.net</c>.
    /// </summary>
    private static ContainerInfo? BySocket(IReadOnlyList<string> words, uint user)
    {
        for (var i = 1; i + 1 < words.Count; i++)
        {
            if (words[i] == "--api-socket" && ProcessName.FileName(words[i + 1]) is var name && name.EndsWith(".net")
                && ContainerCgroup.IsId(name[..^4].ToString()))
            {
                return new ContainerInfo(name[..^4].ToString(), "podman", null, null) { Grade = NameGrade.Claimed, EngineUser = user };
            }
        }

        return null;
    }

    private Places ReadPlaces()
    {
        var pids = new List<int>();
        _processes.Root.ListPids(pids);
        var places = new Places();
        var own = NamespaceOf(Environment.ProcessId);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pid in pids)
        {
            if (_processes.Read(pid, ProcessFields.Cgroup) is not { } info)
            {
                continue;
            }

            // A container in the namespace of the host has the host's addresses.
            if (info.Container is { } container && seen.Add(container.Id) && NamespaceOf(pid) is var space
                && (space is null || space != own))
            {
                AddAddresses(pid, container, space, places);
            }
            else if (info.Name == "rootlessport" && info.Container is null && NamespaceOf(pid) is { } served && served != own)
            {
                places.ServedNamespaces[info.ParentPid] = served;
            }
        }

        return places;
    }

    private void AddAddresses(int pid, ContainerInfo container, string? space, Places places)
    {
        using var process = _processes.Root.OpenProcess(pid);
        if (process is null)
        {
            return;
        }

        var addresses = new HashSet<InternetAddress>();
        LocalAddresses.ReadIPv4(process.ReadAll("net/fib_trie"u8, LongestFile), addresses);
        LocalAddresses.ReadIPv6(process.ReadAll("net/if_inet6"u8, LongestFile), addresses);
        foreach (var address in addresses.Where(static a => !a.IsLoopback))
        {
            places.Add(address, container, space);
        }

        if (space is not null)
        {
            places.ByNamespace.TryAdd(space, container);
        }
    }

    private string? NamespaceOf(int pid)
    {
        using var process = _processes.Root.OpenProcess(pid);
        return process?.ReadLink("ns/net"u8);
    }

    /// <summary>Where containers are on the network.</summary>
    private sealed class Places
    {
        private readonly Dictionary<InternetAddress, (ContainerInfo Container, string? Space, bool IsShared)> _byAddress = [];

        /// <summary>A container of each network namespace.</summary>
        public Dictionary<string, ContainerInfo> ByNamespace { get; } = new(StringComparer.Ordinal);

        /// <summary>The namespaces that children of a process serve.</summary>
        public Dictionary<int, string> ServedNamespaces { get; } = [];

        /// <summary>
        /// Containers of a pod share one namespace. Of several namespaces with one address, what root named counts; else nobody is meant.
        /// </summary>
        public void Add(InternetAddress address, ContainerInfo container, string? space)
        {
            if (!_byAddress.TryGetValue(address, out var known) || known.Container.Grade < container.Grade)
            {
                _byAddress[address] = (container, space, false);
            }
            else if (known.Space != space && known.Container.Grade == container.Grade)
            {
                _byAddress[address] = known with { IsShared = true };
            }
        }

        public ContainerInfo? At(InternetAddress address) =>
            _byAddress.TryGetValue(address, out var found) && !found.IsShared ? found.Container : null;
    }
}

/// <summary>What container runtimes tell of their containers. May be slow or silent; never needed for more than names.</summary>
public interface IContainerNames
{
    /// <summary>The container's name, or <c>null</c> when its runtime does not answer or does not know it. Hostile text.</summary>
    string? Name(ContainerInfo container);

    /// <summary>The image that the container was made from, or <c>null</c> as for its name. Hostile text.</summary>
    string? Image(ContainerInfo container) => null;

    /// <summary>Why the container runs, or <c>null</c> as for its name.</summary>
    ContainerOrigin? Origin(ContainerInfo container) => null;

    /// <summary>
    /// The container behind a port of this host, as the engine of a user says (0 is the system's); or <c>null</c>.
    /// </summary>
    ContainerInfo? Publisher(PublishedPort port, uint user);
}
