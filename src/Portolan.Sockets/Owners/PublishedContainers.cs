using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>Finds the container behind a published-port proxy: from its runtime, else by the address it forwards to.</summary>
/// <remarks>
/// Without the runtime's help every container's addresses are read from /proc/PID/net of one of its processes. That needs no
/// privilege, and is done once, when the first proxy is met.
/// </remarks>
public sealed class PublishedContainers
{
    private const int LongestFile = 1024 * 1024;

    private readonly ProcessReader _processes;
    private readonly IContainerNames? _names;
    private readonly Lazy<Dictionary<InternetAddress, ContainerInfo>> _byAddress;

    /// <summary>Reads through <paramref name="processes"/>, and asks <paramref name="names"/> first when given.</summary>
    public PublishedContainers(ProcessReader processes, IContainerNames? names)
    {
        _processes = processes;
        _names = names;
        _byAddress = new Lazy<Dictionary<InternetAddress, ContainerInfo>>(ReadAddresses);
    }

    /// <summary>The container a process publishes a port of, or <c>null</c> when it publishes none or none was found. Needs its command line.</summary>
    public ContainerInfo? PublishedBy(ProcessInfo process)
    {
        var ports = PublishedPorts.Parse(process, out var grade);
        if (ports.Count == 0)
        {
            return null;
        }

        // A proxy serves one container, so its first port tells.
        if (_names?.Publisher(ports[0]) is { } container)
        {
            return container with { Grade = grade };
        }

        return ports[0].ContainerAddress is { } address && _byAddress.Value.TryGetValue(address, out var found) ? Named(found) with { Grade = grade } : null;
    }

    private ContainerInfo Named(ContainerInfo container) => container.Name is null && _names is not null ? container with { Name = _names.Name(container) } : container;

    private Dictionary<InternetAddress, ContainerInfo> ReadAddresses()
    {
        var pids = new List<int>();
        _processes.Root.ListPids(pids);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var byAddress = new Dictionary<InternetAddress, ContainerInfo>();
        foreach (var pid in pids)
        {
            using var process = _processes.Root.OpenProcess(pid);
            if (process?.ReadAll("cgroup"u8, LongestFile) is { } cgroup
                && CgroupPlacement.Parse(cgroup).Container is { } container && seen.Add(container.Id))
            {
                var addresses = new HashSet<InternetAddress>();
                LocalAddresses.ReadIPv4(process.ReadAll("net/fib_trie"u8, LongestFile), addresses);
                LocalAddresses.ReadIPv6(process.ReadAll("net/if_inet6"u8, LongestFile), addresses);
                foreach (var address in addresses)
                {
                    byAddress.TryAdd(address, container);
                }
            }
        }

        return byAddress;
    }
}
