namespace Portolan.Linux.Namespaces;

/// <summary>A program could not be started in new namespaces.</summary>
public sealed class NamespaceProcessException : Exception
{
    /// <summary>Makes the error.</summary>
    public NamespaceProcessException(int errno, string operation, NamespaceObstacle obstacle, Advice? remedy)
        : base(new LinuxException(errno, operation).Message)
    {
        Errno = errno;
        Obstacle = obstacle;
        Remedy = remedy;
    }

    /// <summary>The error number.</summary>
    public int Errno { get; }

    /// <summary>What stood in the way.</summary>
    public NamespaceObstacle Obstacle { get; }

    /// <summary>What would remove it, as a sentence without a full stop, or <c>null</c> when that is not known.</summary>
    public Advice? Remedy { get; }
}

/// <summary>What keeps a program from being started in new namespaces.</summary>
public enum NamespaceObstacle
{
    /// <summary>Something else, such as a program that is not there.</summary>
    Other,

    /// <summary>Ordinary users may not make user namespaces (kernel.unprivileged_userns_clone of Debian's kernels).</summary>
    ForbiddenToUsers,

    /// <summary>AppArmor takes all capabilities away in them (kernel.apparmor_restrict_unprivileged_userns of Ubuntu's kernels).</summary>
    AppArmor,

    /// <summary>There may be no more of them (user.max_user_namespaces, user.max_net_namespaces).</summary>
    Limit,

    /// <summary>A filter of system calls, or another security module: that of a container, usually.</summary>
    Sandbox,

    /// <summary>The kernel is built without them.</summary>
    NotInKernel,

    /// <summary>A sandbox lets no memory become executable, and the few instructions that make a process have to lie in such.</summary>
    ExecutableMemory,
}
