using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>Asks the runtimes on this machine for their containers over their Unix sockets, once each and only when a name is wanted.</summary>
/// <remarks>containerd and CRI-O speak gRPC only, and names of LXC and nspawn containers are their ids: those are not asked.</remarks>
public sealed class RuntimeContainers : IContainerNames
{
    private readonly Dictionary<string, List<RuntimeContainer>> _answers = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<(string Runtime, string SocketPath)> _sockets;
    private readonly TimeSpan _budget;
    private readonly TimeProvider _clock;

    /// <summary>Asks the given sockets, each named with its runtime; <paramref name="budget"/> is for each. One thread at a time.</summary>
    public RuntimeContainers(IReadOnlyList<(string Runtime, string SocketPath)> sockets, TimeSpan budget, TimeProvider clock)
    {
        _sockets = sockets;
        _budget = budget;
        _clock = clock;
    }

    /// <summary>The usual sockets of Docker and Podman: the system's, then the caller's own.</summary>
    public static IReadOnlyList<(string Runtime, string SocketPath)> UsualSockets
    {
        get
        {
            var user = Caller.EffectiveUser;
            return
            [
                ("docker", "/run/docker.sock"),
                ("docker", $"/run/user/{user}/docker.sock"),
                ("podman", "/run/podman/podman.sock"),
                ("podman", $"/run/user/{user}/podman/podman.sock"),
            ];
        }
    }

    /// <summary>Asks the usual sockets, at 200 ms each.</summary>
    public static RuntimeContainers OfThisMachine(TimeProvider clock) => new(UsualSockets, TimeSpan.FromMilliseconds(200), clock);

    /// <inheritdoc/>
    public string? Name(ContainerInfo container)
    {
        foreach (var candidate in Of(container.Runtime))
        {
            if (string.Equals(candidate.Id, container.Id, StringComparison.Ordinal))
            {
                return candidate.Name;
            }
        }

        return container.Runtime is "lxc" or "nspawn" ? container.Id : null;
    }

    /// <inheritdoc/>
    public ContainerInfo? Publisher(PublishedPort port)
    {
        foreach (var candidate in Of(port.Runtime))
        {
            var publishes = candidate.Ports.Any(p => p.Protocol == port.Protocol && p.Port == port.HostPorts.First.Value);
            var isAt = port.ContainerAddress is not { } address || candidate.Addresses.Count == 0 || candidate.Addresses.Contains(address);
            if (publishes && isAt)
            {
                return new ContainerInfo(candidate.Id, port.Runtime, candidate.Name, null);
            }
        }

        return null;
    }

    private List<RuntimeContainer> Of(string runtime)
    {
        if (!_answers.TryGetValue(runtime, out var containers))
        {
            containers = [];
            foreach (var (candidate, path) in _sockets)
            {
                if (candidate == runtime && File.Exists(path) && UnixHttp.Get(path, "/containers/json", _budget, _clock) is { } body)
                {
                    containers.AddRange(RuntimeContainer.ParseList(body));
                }
            }

            _answers.Add(runtime, containers);
        }

        return containers;
    }
}
