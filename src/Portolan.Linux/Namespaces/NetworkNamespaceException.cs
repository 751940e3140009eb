namespace Portolan.Linux.Namespaces;

/// <summary>A network namespace cannot be entered or made; nothing was run in it.</summary>
public sealed class NetworkNamespaceException : Exception
{
    /// <summary>Makes the error.</summary>
    public NetworkNamespaceException(int errno, string operation)
        : base(new LinuxException(errno, operation).Message) => Errno = errno;

    /// <summary>The error number: EPERM or EACCES for want of privilege, ENOENT when it is gone.</summary>
    public int Errno { get; }

    /// <summary>Whether privilege was missing.</summary>
    public bool IsPermission => Errno is Linux.Errno.NotPermitted or Linux.Errno.AccessDenied;
}
