using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Tun;
using Portolan.Model;
using static Portolan.Kernel.Tests.Transport.HashedStreams;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>A TUN device whose packets the kernel takes on a thread of its own.</summary>
public sealed class TunThreadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Bytes_arrive_as_they_were_sent_each_way(bool isIPv6, bool usesOffload)
    {
        await using var lab = TunLab.Create(usesOffload, usesKernelThread: true);
        Assert.Equal("1", Threaded(lab.Host));
        const long Length = 64L << 20;
        var stack = isIPv6 ? TunLab.Stack6 : TunLab.Stack4;
        await BothWays(lab.Host, lab.Stack, stack, Length);
    }

    /// <summary>Names and numbers are alike in every new namespace: the file of the right one is written.</summary>
    [Fact]
    public void A_device_of_the_same_name_and_number_elsewhere_is_left_alone()
    {
        using var other = TunLab.NewHost();
        using var own = new LabHost();
        using var bystander = other.Run(static () => TunLink.Open(new TunOptions { Name = "tun0" }));
        using var link = own.Run(static () => TunLink.Open(new TunOptions { Name = "tun0", UsesKernelThread = true }));
        Assert.Equal(("0", "1"), (Threaded(other), Threaded(own)));
        Assert.Equal(
            other.Tool("ip", null, "-o", "link", "show", "tun0").Split(':')[0],
            own.Tool("ip", null, "-o", "link", "show", "tun0").Split(':')[0]);
    }

    [Fact]
    public void Without_the_privilege_it_says_what_is_missing_and_leaves_no_device()
    {
        using var host = TunLab.NewHost();
        var refused = Assert.Throws<PortolanException>(() => host.Run(static () =>
        {
            ThreadPrivileges.KeepOnly(ThreadPrivileges.NetAdmin);
            TunLink.Open(new TunOptions { Name = "tun0" }).Dispose();
            TunLink.Open(new TunOptions { Name = "tun0", UsesKernelThread = true }).Dispose();
        }));
        Assert.Equal(ExitCode.NoPrivilege, refused.ExitCode);
        Assert.StartsWith("no kernel thread for tun0", refused.Message, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_ADMIN", refused.Hint?.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("tun0", host.Tool("ip", null, "-o", "link"), StringComparison.Ordinal);
    }

    /// <summary>What the kernel says, in a sysfs that is mounted by another program inside the namespace.</summary>
    private static string Threaded(LabHost host) =>
        host.Tool("unshare", null, "--mount", "sh", "-c", "mount -t sysfs sysfs /sys && cat /sys/class/net/tun0/threaded").Trim();
}
