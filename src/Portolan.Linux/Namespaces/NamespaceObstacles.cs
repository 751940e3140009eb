using Portolan.Linux.Proc;

namespace Portolan.Linux.Namespaces;

/// <summary>Finds out why namespaces were refused: the error number alone does not tell.</summary>
internal static class NamespaceObstacles
{
    /// <summary>The error for a failed clone(2) or map of users.</summary>
    internal static NamespaceProcessException Explain(int errno, string operation, string procRoot = "/proc")
    {
        (NamespaceObstacle Obstacle, Advice? Remedy) found = errno switch
        {
            Errno.NoSpace => (NamespaceObstacle.Limit, Limit(procRoot)),
            Errno.InvalidArgument => (NamespaceObstacle.NotInKernel, $"the kernel needs CONFIG_USER_NS and CONFIG_NET_NS"),
            Errno.NotPermitted or Errno.AccessDenied => Refused(procRoot),
            _ => (NamespaceObstacle.Other, null),
        };
        return new NamespaceProcessException(errno, operation, found.Obstacle, found.Remedy);
    }

    private static (NamespaceObstacle Obstacle, Advice Remedy) Refused(string procRoot)
    {
        if (Setting(procRoot, "kernel/unprivileged_userns_clone") == "0")
        {
            return (NamespaceObstacle.ForbiddenToUsers,
                $"run it as root; kernel.unprivileged_userns_clone=1 would open user namespaces, and more kernel interfaces, to every "
                    + $"user and program");
        }

        return Setting(procRoot, "kernel/apparmor_restrict_unprivileged_userns") is "1" or "2"
            ? (NamespaceObstacle.AppArmor,
                Advice.Of($"run it as root; kernel.apparmor_restrict_unprivileged_userns=0 would open user namespaces, and more kernel "
                    + $"interfaces, to every program"))
            : (NamespaceObstacle.Sandbox,
                $"run it as root outside the container or sandbox; docker run --security-opt seccomp=unconfined also allows it");
    }

    private static Advice Limit(string procRoot)
    {
        foreach (var name in (ReadOnlySpan<string>)[
            "max_user_namespaces", "max_net_namespaces", "max_mnt_namespaces", "max_pid_namespaces"])
        {
            if (Setting(procRoot, "user/" + name) == "0")
            {
                return $"allow them, to every user and program: sudo sysctl user.{name}=1000";
            }
        }

        return $"too many namespaces exist, or they are nested too deep: see user.max_user_namespaces and "
            + $"user.max_net_namespaces in sysctl -a";
    }

    private static string? Setting(string procRoot, string name) => SystemSetting.Read(procRoot, name)?.Trim();
}
