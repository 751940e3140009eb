using System.Net;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Tun;
using Portolan.Transport;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>The kernel in a namespace and the userspace stack, joined by a TUN device.</summary>
internal sealed class TunLab : IAsyncDisposable
{
    internal static readonly IPAddress Kernel4 = IPAddress.Parse("198.18.7.1");
    internal static readonly IPAddress Kernel6 = IPAddress.Parse("2001:db8:7::1");
    internal static readonly IPAddress Stack4 = IPAddress.Parse("198.18.7.2");
    internal static readonly IPAddress Stack6 = IPAddress.Parse("2001:db8:7::2");

    private TunLab(LabHost host, NetworkStack stack) => (Host, Stack) = (host, stack);

    internal LabHost Host { get; }

    internal NetworkStack Stack { get; }

    /// <summary>Heavier runs: 1 GB each way without offload too, and longer ones of iperf3.</summary>
    internal static bool IsLong => Environment.GetEnvironmentVariable("PORTOLAN_LONG") == "1";

    /// <summary>Makes both; skips where there are no namespaces or no TUN devices.</summary>
    /// <param name="usesOffload">Whether checksums and the cutting of segments are left to the other end.</param>
    /// <param name="capture">Where frames are written down.</param>
    /// <param name="hasLoss">Whether one packet in a hundred is lost each way, spread by a random number.</param>
    /// <param name="usesKernelThread">Whether the kernel takes what the stack sends on a thread of its own.</param>
    /// <param name="profile">How TCP of the stack behaves; <c>null</c> for the usual way.</param>
    /// <param name="host">The kernel, whose device of that name is gone; <c>null</c> for a new one. It is disposed with the lab.</param>
    internal static TunLab Create(
        bool usesOffload = true, CaptureFile? capture = null, bool hasLoss = false, bool usesKernelThread = false,
        TcpProfile? profile = null, LabHost? host = null)
    {
        host ??= NewHost();
        if (hasLoss)
        {
            host.Nft(
                "table inet loss { chain in { type filter hook input priority 0; iifname \"tun0\" numgen random mod 100 < 1 drop; }; "
                + "chain out { type filter hook output priority 0; oifname \"tun0\" numgen random mod 100 < 1 drop; }; }");
        }

        try
        {
            var link = host.Run(() => TunLink.Open(new TunOptions
            {
                Name = "tun0",
                UsesOffload = usesOffload,
                UsesKernelThread = usesKernelThread,
            }));
            host.Ip("link set tun0 up");
            host.Address("tun0", "198.18.7.1/24");
            host.Address("tun0", "2001:db8:7::1/64");
            var stack = new NetworkStack(new NetworkStackOptions { Name = "tun", Profile = profile ?? TcpProfile.Linux });
            stack.Attach(capture is null ? link : new CaptureLink(link, capture, "tun0"), "198.18.7.2/24", "2001:db8:7::2/64");
            return new TunLab(host, stack);
        }
        catch (LinuxException exception) when (exception.IsPermission || exception.Errno == Errno.NoEntry)
        {
            Assert.Skip(exception.Message);
        }

        throw new InvalidOperationException("not reached");
    }

    internal static LabHost NewHost()
    {
        try
        {
            return new LabHost();
        }
        catch (NetworkNamespaceException exception) when (exception.IsPermission)
        {
            Assert.Skip("needs CAP_SYS_ADMIN to make a network namespace: run as root");
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Stack.DisposeAsync();
        Host.Dispose();
    }
}
