using Portolan.Linux;
using Portolan.Linux.Proc;
using Portolan.Linux.Routing;
using Portolan.Sockets.Owners;
using Portolan.Traffic.Grouping;

namespace Portolan.Traffic.Composing;

/// <summary>Names of what is counted, from this machine. A process that is gone keeps the name that it had.</summary>
/// <param name="machine">The machine.</param>
public sealed class TrafficNames(Reachability.Composing.Machine machine) : ITrafficNames
{
    private const int MostProcesses = 32_768;

    private readonly Dictionary<int, ProcessInfo?> _processes = [];
    private readonly Dictionary<InternetAddress, string> _interfaces = ReadInterfaces();
    private ContainerResolver? _containers;
    private bool? _isFirstNamespace;

    private bool IsFirstNamespace => _isFirstNamespace ??= ReadIsFirstNamespace();

    /// <inheritdoc/>
    public ProcessInfo? Process(int processId, ProcessShare? share)
    {
        if (_processes.TryGetValue(processId, out var known) && (known is not null || share is null))
        {
            return known;
        }

        if (_processes.Count >= MostProcesses)
        {
            _processes.Clear(); // those that are gone keep the name that their calls left
        }

        // Calls are counted with the process ids of the first pid namespace; elsewhere /proc has other processes by them.
        var process = share is null || IsFirstNamespace ? machine.Processes.Read(processId, ProcessFields.Document) : null;
        if (process is not null)
        {
            _containers ??= new ContainerResolver(machine.Processes, machine.Containers);
            var container = _containers.ServedBy(process) ?? process.Container;
            process = process with { Container = container is { Name: null } ? _containers.Named(container) : container };
        }
        else if (share is not null)
        {
            process = Gone(processId, share);
        }

        return _processes[processId] = process;
    }

    /// <inheritdoc/>
    public string User(uint userId) =>
        machine.Users.Name(userId) ?? userId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public string? Interface(TrafficFlow flow)
    {
        const string Loopback = "lo";
        var (local, remote) = (flow.LocalAddress.Unmap(), flow.RemoteAddress.Unmap());
        return local.IsLoopback || remote.IsLoopback || _interfaces.ContainsKey(remote) ? Loopback : _interfaces.GetValueOrDefault(local);
    }

    /// <summary>What its calls left of a process that ended before it was looked at.</summary>
    private ProcessInfo Gone(int processId, ProcessShare share)
    {
        var placement = machine.Cgroups?.Path(share.CgroupId) is { } path ? CgroupPlacement.FromPath(path) : default;
        return new ProcessInfo(processId, 0) { Name = share.Command, Unit = placement.Unit, Container = placement.Container };
    }

    private static bool ReadIsFirstNamespace()
    {
        try
        {
            using var proc = ProcHandle.Open("/proc");
            return PidNamespace.IsFirst(proc);
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private static Dictionary<InternetAddress, string> ReadInterfaces()
    {
        var found = new Dictionary<InternetAddress, string>();
        try
        {
            var network = HostNetwork.Read();
            foreach (var address in network.Addresses)
            {
                if (network.Interfaces.FirstOrDefault(i => i.Index == address.InterfaceIndex) is { } one)
                {
                    found.TryAdd(address.Address, one.Name);
                }
            }
        }
        catch (LinuxException)
        {
            // Interfaces are then not known, and said to be so.
        }

        return found;
    }
}
