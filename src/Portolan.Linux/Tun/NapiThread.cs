using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;
using Portolan.Model;

namespace Portolan.Linux.Tun;

/// <summary>Has the kernel poll an interface on a thread of its own (threaded NAPI, Documentation/networking/napi.rst).</summary>
/// <remarks>
/// The queues of a TUN device have no number that netlink could name them by (netif_napi_add_tx, drivers/net/tun.c), so the one switch is
/// the file <c>/sys/class/net/NAME/threaded</c>. Which namespace's interfaces <c>/sys</c> shows was settled when it was mounted, and
/// nothing in it tells: one of the same name and number may be another's. So the file is opened in a sysfs of the calling thread's
/// namespace, which is mounted nowhere and goes at once (fsopen(2), fsmount(2)).
/// </remarks>
internal static unsafe class NapiThread
{
    /// <summary>ENOSYS.</summary>
    private const int NoSuchCall = 38;

    /// <summary>Starts it, for an interface of the calling thread's network namespace.</summary>
    /// <exception cref="PortolanException">It cannot be had here.</exception>
    internal static void Start(string interfaceName)
    {
        using var administration = RaisedCapabilities.For(Capability.SysAdmin);
        using var network = RaisedCapabilities.For(Capability.NetAdmin);
        using var sysfs = OpenSysfs(interfaceName);
        var path = Encoding.UTF8.GetBytes($"class/net/{interfaceName}/threaded\0");
        int descriptor;
        fixed (byte* bytes = path)
        {
            descriptor = Libc.openat((int)sysfs.DangerousGetHandle(), bytes, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        }

        if (descriptor < 0)
        {
            throw Refused(interfaceName, Marshal.GetLastPInvokeError());
        }

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        var on = (byte)'1';
        if (Libc.write(descriptor, &on, 1) != 1)
        {
            throw Refused(interfaceName, Marshal.GetLastPInvokeError());
        }
    }

    private static SafeFileHandle OpenSysfs(string interfaceName)
    {
        using var context = Made(Libc.syscall_fsopen(Libc.SYS_fsopen, "sysfs", Libc.FSOPEN_CLOEXEC), interfaceName);
        if (Libc.syscall_fsconfig(Libc.SYS_fsconfig, context, Libc.FSCONFIG_CMD_CREATE, 0, 0, 0) != 0)
        {
            throw Refused(interfaceName, Marshal.GetLastPInvokeError());
        }

        return Made(Libc.syscall_fsmount(Libc.SYS_fsmount, context, Libc.FSMOUNT_CLOEXEC, 0), interfaceName);
    }

    private static SafeFileHandle Made(nint descriptor, string interfaceName) =>
        descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Refused(interfaceName, Marshal.GetLastPInvokeError());

    private static PortolanException Refused(string interfaceName, int errno)
    {
        Advice without = $"leave out UsesKernelThread: the device works without it";
        return errno switch
        {
            Errno.NotPermitted or Errno.AccessDenied => new PortolanException(
                $"no kernel thread for {interfaceName}: the setting is in this network namespace's sysfs, which this program may not open",
                $"give the program CAP_SYS_ADMIN, here and in the user namespace of its mounts, or {without}",
                ExitCode.NoPrivilege),
            NoSuchCall or Errno.NoEntry => new PortolanException(
                $"no kernel thread for {interfaceName}: the kernel is older than Linux 5.12, or has no sysfs", without),
            _ => new PortolanException(
                $"no kernel thread for {interfaceName}: {Marshal.GetPInvokeErrorMessage(errno)}", without),
        };
    }
}
