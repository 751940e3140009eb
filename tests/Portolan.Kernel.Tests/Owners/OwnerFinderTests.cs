using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Portolan.Kernel.Tests.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Linux.Privilege;
using Portolan.Linux.Proc;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Owners;

/// <summary>Both ways to find owners, against programs the test starts and against ss and lsof.</summary>
public sealed partial class OwnerFinderTests
{
    public static TheoryData<OwnerSource> Sources => [OwnerSource.Bpf, OwnerSource.Proc];

    /// <summary>Between the opening of /proc/PID/fd and its first entry a process may end: then getdents64 fails with ENOENT.</summary>
    [Fact]
    public void A_process_that_ends_while_it_is_looked_at_holds_nothing()
    {
        using var reader = new ProcessReader();
        for (var i = 0; i < 300; i++)
        {
            using var process = Process.Start("/bin/true");
            var pid = process.Id;
            while (Directory.Exists($"/proc/{pid}"))
            {
                for (var look = 0; look < 50; look++)
                {
                    Assert.False(reader.Holds(pid, [1]));
                }
            }

            process.WaitForExit();
        }
    }

    [Theory, MemberData(nameof(Sources))]
    public void A_socket_that_was_forked_has_all_its_holders(OwnerSource source) => Netns.Run(() =>
    {
        using var program = new PerlProgram(
            """
            my $s = listener(8001);
            my ($a) = child(sub { "" });
            my ($b) = child(sub { my ($c) = child(sub { "" }); $c });
            my ($d, $grand) = child(sub { my ($c) = child(sub { "" }); $c });
            print join(" ", inode($s), $$, $a, $b, $d, $grand), "\n";
            """);

        var owners = Find(source, (uint)program.Numbers[0]).Pids((uint)program.Numbers[0]).ToArray();

        // The child of the second child is a holder too, and only its parent knows its id.
        Assert.Superset(program.Numbers.Skip(1).ToHashSet(), owners.ToHashSet());
        Assert.Equal(6, owners.Length);
    });

    [Theory, MemberData(nameof(Sources))]
    public void Each_socket_of_a_reuseport_group_has_its_own_holder(OwnerSource source) => Netns.Run(() =>
    {
        using var program = new PerlProgram(
            """
            my @out;
            for (1 .. 4) { push @out, child(sub { our $s = listener(8002, 1); inode($s) }) }
            print "@out\n";
            """);
        var pairs = program.Numbers.Chunk(2).Select(p => (Pid: p[0], Inode: (uint)p[1])).ToArray();

        var map = Find(source, [.. pairs.Select(p => p.Inode).Order()]);

        Assert.Equal(4, pairs.Select(p => p.Inode).Distinct().Count());
        Assert.All(pairs, p => Assert.Equal([p.Pid], map.Pids(p.Inode).ToArray()));
    });

    [Theory, MemberData(nameof(Sources))]
    public void A_process_whose_first_thread_has_ended_still_holds_its_sockets(OwnerSource source) => Netns.Run(() =>
    {
        Assert.SkipWhen(!HasPerlThreads(), "perl has no threads here");
        using var program = new PerlProgram(
            """
            our $s = listener(8003);
            my $line = inode($s) . "\n";
            threads->create(sub { select(undef, undef, undef, 0.05) until !glob("/proc/$$/fd/*"); syswrite(STDOUT, $line); sleep 600 });
            syscall(SYS_exit(), 0);
            """,
            "-Mthreads");
        var inode = (uint)program.Numbers[0];

        Assert.Empty(Directory.GetFileSystemEntries($"/proc/{program.Pid}/fd"));
        Assert.Equal([program.Pid], Find(source, inode).Pids(inode).ToArray());
    });

    [Fact]
    public void Bpf_proc_and_ss_name_the_same_holders_of_every_socket() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        var listener = zoo.Listener(new IPEndPoint(IPAddress.Loopback, 8004));
        for (var i = 0; i < 200; i++)
        {
            zoo.Connected(listener);
        }

        zoo.EveryState(IPAddress.IPv6Loopback);
        using var program = new PerlProgram(
            """
            my @keep = map { listener(8100 + $_) } 1 .. 50;
            child(sub { our @mine = map { listener(8200 + $_, 1) } 1 .. 20; "" }) for 1;
            child(sub { our @mine = map { socket(my $u, AF_INET, SOCK_DGRAM, 0); bind($u, sockaddr_in(8300 + $_, INADDR_ANY)); $u } 1 .. 20; "" });
            print "$$\n";
            """);
        var sockets = Read(new SocketQuery());

        // A child of another test, between fork and exec, holds all this process holds for a moment.
        var bpf = Rows(sockets, OwnerSource.Bpf);
        Multiset.EqualWhenStill(() => Rows(sockets, OwnerSource.Bpf), () => Rows(sockets, OwnerSource.Proc), "bpf");
        Multiset.EqualWhenStill(() => Tool.Lines("ss", "-tuanpHe").SelectMany(SsHolders), () => Rows(sockets, OwnerSource.Bpf), "ss");
        Assert.Contains(bpf, row => row.EndsWith($" {Environment.ProcessId}", StringComparison.Ordinal));
    });

    [Theory, MemberData(nameof(Sources))]
    public void Lsof_names_the_same_holders_of_listeners(OwnerSource source) => Netns.Run(() =>
    {
        using var program = new PerlProgram(
            """
            my @keep = map { listener(8400 + $_) } 1 .. 10;
            child(sub { our @mine = map { listener(8500 + $_) } 1 .. 10; "" });
            print "$$\n";
            """);
        var sockets = Read(new SocketQuery { Protocols = SocketProtocols.Tcp, States = 1u << (int)SocketState.Listen }).Sockets;
        var owners = Find(source, SocketInodes.Of(sockets, [.. Enumerable.Range(0, sockets.Count)]).ToArray());
        var rows = Enumerable.Range(0, sockets.Count).SelectMany(
            i => owners.Pids(sockets[i].Inode).ToArray().Select(pid => $"{pid} {sockets[i].LocalAddress}:{sockets[i].LocalPort}"));

        var expected = new List<string>();
        var current = "";
        foreach (var line in Tool.Lines("lsof", "-nP", "-iTCP", "-sTCP:LISTEN", "-Fpn"))
        {
            current = line[0] == 'p' ? line[1..] : current;
            if (line[0] == 'n')
            {
                expected.Add($"{current} {line[1..]}");
            }
        }

        Assert.Equal(30, expected.Count);
        Multiset.Equal(expected, rows, "lsof");
    });

    [Fact]
    public void The_kernels_own_socket_is_told_from_one_without_owner() => Netns.Run(() =>
    {
        Assert.SkipWhen(!CapabilitySet.Available.MayTrace, "needs CAP_BPF and CAP_PERFMON: run as root");
        var made = NativeTool("ip", "link", "add", "vx0", "type", "vxlan", "id", "1", "dstport", "4789", "dev", "lo")
            && NativeTool("ip", "link", "set", "vx0", "up");
        Assert.SkipWhen(!made, "this kernel has no VXLAN, whose UDP socket the kernel holds");
        using var zoo = new TcpZoo();
        zoo.Keep(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)).Bind(new IPEndPoint(IPAddress.Loopback, 4790));
        var sockets = Read(new SocketQuery { Protocols = SocketProtocols.Udp }).Sockets;
        int[] all = [.. Enumerable.Range(0, sockets.Count)];
        using var reader = new ProcessReader();
        var honest = new OwnerFinder(reader, OwnerSource.Bpf);
        var owners = honest.Find(SocketInodes.Of(sockets, all), TestContext.Current.CancellationToken);
        if (owners.HiddenProcesses > 0)
        {
            // Here even root is kept from some process (by a security module), so nothing may be called the kernel's.
            Assert.Equal(
                0, KernelSockets.Mark(sockets, all, owners, new KernelSocketSource(), honest, TestContext.Current.CancellationToken));
        }

        var finder = new AllSeeing(honest);
        owners = finder.Find(SocketInodes.Of(sockets, all), TestContext.Current.CancellationToken);
        KernelSockets.Mark(sockets, all, owners, new KernelSocketSource(), finder, TestContext.Current.CancellationToken);

        var kernels = all.Where(i => (sockets[i].Flags & Portolan.Sockets.SocketFlags.KernelOwned) != 0).Select(i => sockets[i].LocalPort)
            .Distinct();
        Assert.Equal([(ushort)4789], kernels);
    });

    [Fact]
    public void Hidden_processes_are_counted_alike_whether_bpf_or_proc_looked()
    {
        // Nobody holds inode 1: then BPF makes sure that nobody is hidden either.
        var bpf = Find(OwnerSource.Bpf, 1).HiddenProcesses;

        Assert.InRange(Find(OwnerSource.Proc, 1).HiddenProcesses, bpf - 1, bpf + 1);
    }

    [Fact]
    public void The_reader_says_what_ps_says()
    {
        using var program = new PerlProgram("print \"$$\\n\";");
        using var reader = new ProcessReader();

        var info = reader.Read(program.Pid, ProcessFields.All)!;

        var ps = Tool.Lines("ps", "-o", "ppid=,euid=,comm=,etimes=", "-p", program.Pid.ToString(CultureInfo.InvariantCulture))[0].Split(
            ' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(string.Join(' ', ps[..3]), $"{info.ParentPid} {info.UserId} {info.Name}");
        var age = DateTimeOffset.UtcNow - info.StartedAt!.Value;
        Assert.InRange(age.TotalSeconds - int.Parse(ps[3], CultureInfo.InvariantCulture), -5, 60);
        Assert.Equal("-e", info.CommandLine![1]);
        Assert.Equal(Environment.ProcessId, reader.ReadAncestry(program.Pid, ProcessFields.None)[1].Pid);
        Assert.Equal(1, reader.ReadAncestry(program.Pid, ProcessFields.None)[^1].Pid);
        Assert.EndsWith("/perl", info.ExecutablePath, StringComparison.Ordinal);
        Assert.Equal(Environment.CurrentDirectory, info.WorkingDirectory);
    }

    [Fact]
    public void A_socket_keeps_the_group_it_was_created_in()
    {
        var mount = CgroupTree.FindMount();
        Assert.SkipWhen(mount is null, "cgroup2 is not mounted");

        // The kernel's own word for the id: the inode of the directory, as stat(1) prints it.
        var paths = CgroupTree.Read(mount);
        var directories = Directory.EnumerateDirectories(mount!).Take(5).Prepend(mount!).ToArray();
        foreach (var directory in directories)
        {
            var id = ulong.Parse(Tool.Lines("stat", "-c", "%i", directory)[0], CultureInfo.InvariantCulture);
            Assert.Equal(directory == mount ? "/" : directory[mount!.Length..], paths[id]);
        }
    }

    [Fact]
    public void An_ordinary_user_finds_his_own_and_counts_what_is_hidden()
    {
        Assert.SkipWhen(!CapabilitySet.Available.Has(Capability.SysAdmin), "needs root, to become an ordinary user");
        InnerTest.Run(
            nameof(OrdinaryUserTests), Tool.Find("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all");
    }

    [Fact]
    public void In_a_pid_namespace_the_ids_are_those_of_the_namespace()
    {
        Assert.SkipWhen(!CapabilitySet.Available.Has(Capability.SysAdmin), "needs CAP_SYS_ADMIN to make a pid namespace: run as root");
        InnerTest.Run(nameof(PidNamespaceTests), Tool.Find("unshare"), "--pid", "--fork", "--kill-child", "--mount-proc");
    }

    private static OwnerMap Find(OwnerSource source, params uint[] inodes)
    {
        using var reader = new ProcessReader();
        try
        {
            return new OwnerFinder(reader, source).Find(inodes, TestContext.Current.CancellationToken);
        }
        catch (LinuxException e) when (source == OwnerSource.Bpf)
        {
            Assert.SkipWhen(e.IsPermission || !File.Exists("/sys/kernel/btf/vmlinux"), $"BPF is not to be had here: {e.Message}");
            throw;
        }
    }

    private static SocketSnapshot Read(SocketQuery query) => new KernelSocketSource().Read(query, TestContext.Current.CancellationToken);

    private static List<string> Rows(SocketSnapshot snapshot, OwnerSource source)
    {
        var sockets = snapshot.Sockets;
        var owners = Find(source, SocketInodes.Of(sockets, [.. Enumerable.Range(0, sockets.Count)]).ToArray());
        return [.. Enumerable.Range(0, sockets.Count).SelectMany(
            i => owners.Pids(sockets[i].Inode).ToArray().Select(pid => $"{sockets[i].Inode} {pid}"))];
    }

    // … users:(("perl",pid=12,fd=3),("perl",pid=13,fd=3)) ino:345 …
    private static IEnumerable<string> SsHolders(string line)
    {
        var inode = SsInode().Match(line).Groups[1].Value;
        return SsPid().Matches(line).Select(m => m.Groups[1].Value).Distinct().Select(pid => $"{inode} {pid}");
    }

    private static bool HasPerlThreads()
    {
        try
        {
            return Tool.Lines("perl", "-Mthreads", "-e", "print 1")[0] == "1";
        }
        catch (Xunit.Sdk.XunitException e) when (e is not Xunit.Sdk.SkipException)
        {
            return false;
        }
    }

    private static bool NativeTool(string name, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(Tool.Find(name), arguments) { RedirectStandardError = true })!;
        process.End();
        return process.ExitCode == 0;
    }

    /// <summary>Takes the finder's word as if nothing were hidden: in a namespace of the test's own, nothing that matters is.</summary>
    private sealed class AllSeeing(IOwnerFinder finder) : IOwnerFinder
    {
        public OwnerMap Find(ReadOnlyMemory<uint> inodes, CancellationToken cancellationToken)
        {
            var map = finder.Find(inodes, cancellationToken);
            var pairs = inodes.ToArray().SelectMany(inode => map.Pids(inode).ToArray().Select(pid => (inode, pid))).ToArray();
            return new OwnerMap([.. pairs.Select(p => p.inode)], [.. pairs.Select(p => p.pid)], map.Source, 0) { SeesEveryProcess = true };
        }
    }

    [GeneratedRegex(@"\bino:(\d+)")]
    private static partial Regex SsInode();

    [GeneratedRegex(@"pid=(\d+),")]
    private static partial Regex SsPid();
}
