using System.Runtime.CompilerServices;
using Portolan.Sockets.Naming;

namespace Portolan.Sockets.Chart;

/// <summary>
/// What rows of one chart have in common, made once: the bind of most listeners, the owner of many ports, and what it runs. With 64,000
/// listeners of a few programs that is nearly all of the rows.
/// </summary>
/// <remarks>For one chart, one thread.</remarks>
/// <param name="facts">The facts of the chart.</param>
internal sealed class RowParts(MachineFacts facts)
{
    private readonly Dictionary<PortBind, IReadOnlyList<PortBind>> _binds = [];
    private readonly Dictionary<int, PortOwner> _owners = [];
    private readonly Dictionary<(PortOwner Owner, string? Registered), RunningService?> _running = new(ByReference.Instance);

    /// <summary>The list of one bind.</summary>
    public IReadOnlyList<PortBind> Binds(PortBind bind)
    {
        if (!_binds.TryGetValue(bind, out var list))
        {
            _binds.Add(bind, list = [bind]);
        }

        return list;
    }

    /// <summary>Who holds a socket: for those of one process that stands for nothing else the same object.</summary>
    public PortOwner Owner(in SocketEntry entry)
    {
        if (facts.Owners.Pids(entry.Inode) is not [var pid] || pid == 1)
        {
            return PortOwner.Of(entry, facts);
        }

        if (_owners.TryGetValue(pid, out var known)
            && (entry.Protocol.Transport() is not { } protocol
                || facts.PublishedBy(known.Processes[0], protocol, entry.LocalPortNumber) is null)
            && (entry.Flags & SocketFlags.KernelOwned) == 0)
        {
            return known;
        }

        var owner = PortOwner.Of(entry, facts);
        if (owner is { IsPublished: false, Processes.Count: 1 })
        {
            _owners[pid] = owner;
        }

        return owner;
    }

    /// <summary>What an owner serves on a port; <c>null</c> where it does not tell.</summary>
    public RunningService? Running(PortOwner owner, string? registered)
    {
        if (!_running.TryGetValue((owner, registered), out var running))
        {
            _running.Add((owner, registered), running = OwnerServices.Of(owner, registered, facts.PackageOf));
        }

        return running;
    }

    // Owners compare by value, and all of it would be hashed.
    private sealed class ByReference : IEqualityComparer<(PortOwner Owner, string? Registered)>
    {
        public static ByReference Instance { get; } = new();

        public bool Equals((PortOwner Owner, string? Registered) x, (PortOwner Owner, string? Registered) y) =>
            ReferenceEquals(x.Owner, y.Owner) && string.Equals(x.Registered, y.Registered, StringComparison.Ordinal);

        public int GetHashCode((PortOwner Owner, string? Registered) obj) => HashCode.Combine(
            RuntimeHelpers.GetHashCode(obj.Owner), obj.Registered);
    }
}
