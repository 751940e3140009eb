using System.Net;
using System.Net.Sockets;
using Portolan.Model;
using Portolan.Sockets.Owners;

namespace Portolan.Kernel.Tests.Owners;

/// <summary>Run in a pid namespace with a /proc of its own by <see cref="OwnerFinderTests"/>.</summary>
public sealed class PidNamespaceTests
{
    public PidNamespaceTests() => InnerTest.SkipUnless(nameof(PidNamespaceTests));

    [Fact(Explicit = true)]
    public void Owners_are_found_through_proc_with_the_ids_seen_here()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var reader = new ProcessReader();
        var finder = new OwnerFinder(reader);

        var inode = SocketInode.Of(socket);
        var map = finder.Find(new[] { inode }, TestContext.Current.CancellationToken);

        Assert.InRange(Environment.ProcessId, 1, 10);
        Assert.Equal([Environment.ProcessId], map.Pids(inode).ToArray());
        Assert.Equal("/proc", map.Source);
        Assert.Equal("this is not the machine's first pid namespace, or not its /proc", finder.WhyNotBpf);
    }

    [Fact(Explicit = true)]
    public void Nobody_is_called_absent_because_other_namespaces_are_out_of_sight()
    {
        using var reader = new ProcessReader();

        var map = new OwnerFinder(reader).Find(new[] { 1u }, TestContext.Current.CancellationToken);

        Assert.Equal(0, map.HiddenProcesses);
        Assert.False(map.SeesEveryProcess);
        Assert.True(map.MayHideOwners);
    }

    [Fact(Explicit = true)]
    public void Bpf_that_is_demanded_is_refused()
    {
        using var reader = new ProcessReader();

        Assert.Throws<PortolanException>(() => new OwnerFinder(reader, OwnerSource.Bpf).Find(new[] { 1u }, CancellationToken.None));
    }
}
