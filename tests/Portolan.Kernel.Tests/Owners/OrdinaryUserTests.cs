using System.Net;
using System.Net.Sockets;
using Portolan.Linux;
using Portolan.Sockets.Owners;

namespace Portolan.Kernel.Tests.Owners;

/// <summary>Run as uid 65534 without capabilities by <see cref="OwnerFinderTests"/>.</summary>
public sealed class OrdinaryUserTests
{
    public OrdinaryUserTests() => InnerTest.SkipUnless(nameof(OrdinaryUserTests));

    [Fact(Explicit = true)]
    public void His_own_sockets_have_owners_and_the_processes_of_others_are_counted()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var reader = new ProcessReader();
        var finder = new OwnerFinder(reader);

        var inode = SocketInode.Of(socket);
        var map = finder.Find(new[] { inode }, TestContext.Current.CancellationToken);

        Assert.Equal([Environment.ProcessId], map.Pids(inode).ToArray());
        Assert.Equal("/proc", map.Source);
        Assert.Equal("CAP_BPF and CAP_PERFMON are needed", finder.WhyNotBpf);
        Assert.True(map.HiddenProcesses > 0);
        Assert.False(map.SeesEveryProcess);
    }

    [Fact(Explicit = true)]
    public void Threads_of_the_kernel_are_not_counted_as_hidden()
    {
        using var reader = new ProcessReader();
        var map = new OwnerFinder(reader).Find(new[] { 1u }, TestContext.Current.CancellationToken);

        var programs = 0;
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out var pid)
                && reader.Read(pid, ProcessFields.CommandLine | ProcessFields.User) is { UserId: not 65534, CommandLine.Count: > 0 })
            {
                programs++;
            }
        }

        // Processes come and go on a busy machine.
        Assert.InRange(map.HiddenProcesses, programs - 20, programs + 20);
    }

    [Fact(Explicit = true)]
    public void Bpf_that_is_demanded_says_what_is_missing()
    {
        using var reader = new ProcessReader();

        var error =
            Assert.Throws<LinuxException>(() => new OwnerFinder(reader, OwnerSource.Bpf).Find(new[] { 1u }, CancellationToken.None));

        Assert.True(error.IsPermission, error.Message);
        Assert.Equal("load a BPF program", error.Operation);
    }

    [Fact(Explicit = true)]
    public void What_is_public_of_another_users_process_is_read_and_the_rest_is_null()
    {
        using var reader = new ProcessReader();

        var info = reader.Read(1, ProcessFields.All)!;

        Assert.Equal(0u, info.UserId);
        Assert.NotNull(info.CommandLine);
        Assert.NotNull(info.StartedAt);
        Assert.Null(info.WorkingDirectory);
        Assert.Null(info.ExecutablePath);
    }
}
