using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>Paths of control groups by the id a socket carries, from one walk over the cgroup2 file system when first asked.</summary>
/// <remarks>
/// A hint and no more: a socket keeps the group of the process that created it. One that systemd made for a service names
/// init.scope, a published port names docker.service, and a socket handed to another process keeps the giver's group.
/// </remarks>
public sealed class CgroupPaths
{
    private readonly Lazy<Dictionary<ulong, string>> _paths;

    /// <summary>Walks beneath <paramref name="mount"/>; <c>null</c> looks for the mount in /proc/self/mounts.</summary>
    public CgroupPaths(string? mount = null) =>
        _paths = new Lazy<Dictionary<ulong, string>>(() => CgroupTree.Read(mount ?? CgroupTree.FindMount()));

    /// <summary>
    /// The path, such as <c>/system.slice/ssh.service</c>, or <c>null</c> when no group has this id any more. Hostile text.
    /// </summary>
    public string? Path(ulong id) => id == 0 ? null : _paths.Value.GetValueOrDefault(id);
}
