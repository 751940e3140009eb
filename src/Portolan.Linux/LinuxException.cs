using System.Runtime.InteropServices;

namespace Portolan.Linux;

/// <summary>A system call failed: the error number and what was being done.</summary>
public sealed class LinuxException : Exception
{
    /// <summary>Makes the error from an error number of errno(3).</summary>
    public LinuxException(int errno, string operation)
        : base($"{operation}: {Marshal.GetPInvokeErrorMessage(errno)}")
    {
        Errno = errno;
        Operation = operation;
    }

    /// <summary>The error number, such as 1 for EPERM.</summary>
    public int Errno { get; }

    /// <summary>What was being done, such as <c>open a netlink socket</c>.</summary>
    public string Operation { get; }

    /// <summary>Whether the verifier refused a BPF program; what it said stands in <see cref="Operation"/>.</summary>
    public bool IsVerifier { get; init; }

    /// <summary>Whether privilege was missing (EPERM or EACCES).</summary>
    public bool IsPermission => Errno is 1 or 13;
}
