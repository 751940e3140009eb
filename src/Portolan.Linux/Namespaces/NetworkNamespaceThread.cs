using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Netlink;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Namespaces;

/// <summary>Runs code inside another network namespace, on a thread of its own that ends afterwards.</summary>
/// <remarks>
/// A thread that has changed its namespace never goes back to a pool: whatever ran there next would see the wrong network. Sockets opened
/// inside stay in that namespace and may be used from any thread.
/// </remarks>
public static class NetworkNamespaceThread
{
    /// <summary>The number of <c>lo</c> in every namespace.</summary>
    private const int LoopbackIndex = 1;

    /// <summary>Runs <paramref name="body"/> in an existing namespace and waits for it.</summary>
    /// <param name="path">Such as <c>/run/netns/blue</c> or <c>/proc/1/ns/net</c>.</param>
    /// <param name="body">What to run; its exceptions are thrown here.</param>
    /// <exception cref="NetworkNamespaceException">The namespace is gone or cannot be entered, which needs CAP_SYS_ADMIN; the body did not
    /// run.</exception>
    public static void Run(string path, Action body) => RunOnThread(() =>
    {
        Enter(path);
        body();
    });

    /// <summary>
    /// Runs <paramref name="body"/> in a new namespace with loopback up. It goes when the last socket and process in it do.
    /// </summary>
    /// <exception cref="NetworkNamespaceException">Not allowed; that needs CAP_SYS_ADMIN.</exception>
    public static void RunInNew(Action body) => RunOnThread(() =>
    {
        using (RaisedCapabilities.For(Capability.SysAdmin))
        {
            if (Libc.unshare(Libc.CLONE_NEWNET) != 0)
            {
                throw new NetworkNamespaceException(Marshal.GetLastPInvokeError(), "make a network namespace");
            }
        }

        LinkRequests.SetUp(LoopbackIndex);
        body();
    });

    private static void Enter(string path)
    {
        try
        {
            // The path is one that the kernel told: of a mount, or a link in /proc.
            using var looking = RaisedCapabilities.ToReadProcesses();
            using var entering = RaisedCapabilities.For(Capability.SysAdmin);
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (Libc.setns(handle, Libc.CLONE_NEWNET) != 0)
            {
                throw new NetworkNamespaceException(Marshal.GetLastPInvokeError(), "enter a network namespace");
            }
        }
        catch (UnauthorizedAccessException)
        {
            throw new NetworkNamespaceException(Errno.AccessDenied, "enter a network namespace");
        }
        catch (IOException)
        {
            throw new NetworkNamespaceException(Errno.NoEntry, "enter a network namespace");
        }
    }

    private static void RunOnThread(Action body)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                body();
            }
#pragma warning disable CA1031 // Carried over to the caller's thread, whatever it is.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        {
            IsBackground = true,
            Name = "network namespace",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}

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
